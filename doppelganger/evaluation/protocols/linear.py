"""One linear layer on the mean embedding, standardised on the training clips.

Adam, stopped early by the loss on a tenth of the training clips (or on fold val, if there is one); three seeds. Tasks
with few clips use smaller batches, so that an epoch has four steps.

Source: EVAR (Niizumi et al., BYOL for Audio, 2022; github.com/nttcslab/eval-audio-repr, lineareval.py).
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from doppelganger.evaluation.heads import Training, standardised, three_seeds
from doppelganger.evaluation.probe_task import Predictions, ProbeTask

TRAINING = Training(learning_rate=1e-3, batch_size=128, max_epochs=200, patience=20, least_steps=4)


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    return three_seeds(probe_task, partial(standardised, probe_task.embeddings.mean), nn.Linear, TRAINING, on_round)
