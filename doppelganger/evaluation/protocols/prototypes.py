"""One linear layer on how well each of 128 prototypes matches its best frame.

A prototype is a vector of signs, shared by all classes; its match with a frame is their cosine, and the highest match
of the clip's frames counts. So one frame can decide, and different classes can use different frames. Clips of more than
32 frames are averaged down to 32.

    s_j = max over n of cos(z_n, sign(p_j)),  logits = W s + b

Frames z are standardised on the training clips, as in the other protocols. The gradient of sign is taken to be 1.

Source: Rauch et al., Unmute the Patch Tokens: Rethinking Probing in Multi-Label Audio Classification, ICLR 2026, arXiv
2509.24901, binarized prototypical probes, as in the code of two of its authors (class Protobin in models/heads.py of
github.com/houtan-ghaffari/BAT_ICML2026). They use patches instead of frames, do not standardise, take 10,000 prototypes
and train with AdamW for a fixed number of steps. The paper's own settings were not checked.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from doppelganger.evaluation.heads import three_seeds
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.protocols import linear
from doppelganger.evaluation.protocols._tokens import standardised_frames

TRAINING = replace(linear.TRAINING, learning_rate=1e-2, max_epochs=100)
N_PROTOTYPES = 128
_DROPOUT = 0.2


class PrototypePool(nn.Module):
    """Frames (batch, n_frames, dim), those beyond a clip's end NaN, to logits (batch, n_classes)."""

    def __init__(self, dim: int, n_classes: int):
        super().__init__()
        self.prototypes = nn.Parameter(0.02 * torch.randn(N_PROTOTYPES, dim))
        self.dropout = nn.Dropout(_DROPOUT)
        self.linear = nn.Linear(N_PROTOTYPES, n_classes)

    def forward(self, frames: Tensor) -> Tensor:
        missing = frames[..., :1].isnan()
        match = cosines(nn.functional.normalize(frames.nan_to_num(), dim=-1), binarized(self.prototypes))
        return self.linear(self.dropout(match.masked_fill(missing, -torch.inf).amax(dim=1)))


def binarized(x: Tensor) -> Tensor:
    """Signs of x, of any shape, with a gradient of 1."""
    return torch.where(x >= 0, 1.0, -1.0) + (x - x.detach())


def cosines(tokens: Tensor, prototypes: Tensor) -> Tensor:
    """Cosines of tokens (..., dim) with prototypes (n, dim), times the root of dim: (..., n).

    Cosines of vectors without relation are as small as 1 / sqrt(dim), and would train slowly.
    """
    return math.sqrt(tokens.shape[-1]) * tokens @ nn.functional.normalize(prototypes, dim=-1).mT


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    return three_seeds(probe_task, standardised_frames(probe_task), PrototypePool, TRAINING, on_round)
