"""Prototypes on a mixture of all layers, whose weights are learned: which layers hold the answer.

Each window of a clip is the convex mixture of what the encoder's layers make of it (`Encoder.embed_layers`). It is
matched with 128 prototypes; least, mean and highest match over the clip's windows go to one linear layer. Clips of more
than 8 windows are averaged down to 8. The weights are in the JSON file, under "chosen", one list a seed.

    z_n = sum over l of softmax(a)_l z_ln / |z_ln|,  s_nj = cos(z_n, p_j)
    logits = W [min s, mean s, max s] + b, each over n

Layers are standardised on the training clips, as in the other protocols.

Source: Ghaffari et al., BAT: Better Audio Transformer Guided by Convex Gated Probing, ICML 2026, arXiv 2602.16305,
section 4, and its code (github.com/houtan-ghaffari/BAT_ICML2026, models/heads.py, CGP without the class token). They
use patches instead of windows, do not standardise, take 10,000 prototypes and train with AdamW for a fixed number of
steps.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from doppelganger.evaluation.heads import three_seeds
from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.protocols._tokens import StandardisedLayers, layers_of
from doppelganger.evaluation.protocols.prototypes import TRAINING, cosines

LAYERS = True  # `scoring.evaluate` embeds the layers too
N_PROTOTYPES = 128
_DROPOUT = 0.2
_GATE_SPEED = 10.0  # times the learning rate of the rest: training stops after a few hundred steps


class GatedPool(nn.Module):
    """Windows (batch, n_windows, n_layers, dim), those beyond a clip's end NaN, to logits (batch, n_classes)."""

    def __init__(self, n_layers: int, dim: int, n_classes: int):
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(n_layers))
        self.prototypes = nn.Parameter(0.02 * torch.randn(N_PROTOTYPES, dim))
        self.dropout = nn.Dropout(_DROPOUT)
        self.linear = nn.Linear(3 * N_PROTOTYPES, n_classes)

    @property
    def weights(self) -> Tensor:
        """Weights of the layers, (n_layers,), which sum to 1."""
        return (_GATE_SPEED * self.gate).softmax(dim=0)

    def forward(self, windows: Tensor) -> Tensor:
        missing = windows[..., 0, :1].isnan()
        mixture = (self.weights[:, None] * nn.functional.normalize(windows.nan_to_num(), dim=-1)).sum(dim=2)
        match = cosines(mixture, self.prototypes)
        mean = match.masked_fill(missing, 0).sum(dim=1) / (~missing).sum(dim=1)
        low, high = (
            match.masked_fill(missing, torch.inf).amin(dim=1),
            match.masked_fill(missing, -torch.inf).amax(dim=1),
        )
        return self.linear(self.dropout(torch.cat([low, mean, high], dim=1)))


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    layers = layers_of(probe_task)

    def learned(head: nn.Module) -> dict[str, list[float]]:
        return {"layers": [round(weight, 4) for weight in cast(GatedPool, head).weights.tolist()]}

    make, inputs = partial(GatedPool, layers.shape[2]), partial(StandardisedLayers, layers)
    return three_seeds(probe_task, inputs, make, TRAINING, on_round, learned)
