"""One linear layer on the attention-weighted mean of the frames.

The weight of a frame is a softmax over the clip of a linear function of the frame, initialised to the plain mean.
Clips of more than 32 frames are averaged down to 32. Trained like the linear protocol, with a higher learning rate.

Source: attention pooling as in Ilse et al., Attention-based Deep Multiple Instance Learning, 2018, with one layer.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from doppelganger.evaluation.heads import three_seeds
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.protocols import linear
from doppelganger.evaluation.protocols._tokens import standardised_frames

TRAINING = replace(linear.TRAINING, learning_rate=5e-3)


class AttentionPool(nn.Module):
    """Frames (batch, n_frames, dim), those beyond a clip's end NaN, to logits (batch, n_classes)."""

    def __init__(self, dim: int, n_classes: int):
        super().__init__()
        self.attention = nn.Linear(dim, 1)
        self.linear = nn.Linear(dim, n_classes)
        nn.init.zeros_(self.attention.weight)

    def forward(self, frames: Tensor) -> Tensor:
        missing = frames[..., :1].isnan()
        frames = frames.nan_to_num()
        weight = self.attention(frames).masked_fill(missing, -torch.inf).softmax(dim=1)
        return self.linear((weight * frames).sum(dim=1))


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    return three_seeds(probe_task, standardised_frames(probe_task), AttentionPool, TRAINING, on_round)
