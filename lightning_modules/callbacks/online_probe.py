"""Does it learn? A nearest-neighbour probe while an encoder trains."""

from typing import cast

import numpy as np
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from doppelganger.encoders import AudioEncoder
from doppelganger.evaluation.embedding import embed
from doppelganger.evaluation.probes import knn_accuracy
from doppelganger.evaluation.synthetic import synthetic_tasks
from doppelganger.evaluation.task import Task


class OnlineProbe(Callback):
    """Logs probe/pitch, probe/envelope and probe/waveform after every validation.

    Each is the accuracy of nearest neighbours among held-out sounds whose causes are known, see
    `doppelganger.evaluation.synthetic`; no recording is needed.

    Args:
        n_sounds: sounds a question; half of them are known, the other half asked for.
    """

    def __init__(self, n_sounds: int = 200):
        self.n_sounds = n_sounds
        self._tasks: list[Task] = []

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking:
            return
        encoder = cast(AudioEncoder, pl_module.encoder)
        self._tasks = self._tasks or synthetic_tasks(encoder.sample_rate, n_sounds=self.n_sounds)
        for task in self._tasks:
            name = task.name.removeprefix("synthetic ")
            pl_module.log(f"probe/{name}", _accuracy(encoder, task, pl_module.device), rank_zero_only=True)


def _accuracy(encoder: AudioEncoder, task: Task, device: torch.device) -> float:
    window = round(encoder.window_s * encoder.sample_rate)
    # Lightning has put the module into evaluation mode and turned gradients off.
    embedding = torch.from_numpy(embed({"": encoder}, task, window, device=device)[0][""])
    label = torch.from_numpy(np.unique(task.labels, return_inverse=True)[1])
    known, asked = zip(*(x.tensor_split(2) for x in (embedding, label)), strict=True)
    return knn_accuracy(*known, *asked)
