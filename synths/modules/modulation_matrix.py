"""Modulation matrix: routes every source to every target."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class ModulationMatrix(Module):
    """Each target is a weighted sum of all sources.

    Args:
        sources, targets: names; the knob of a crossing is "source->target".

    Source: torchsynth 1.0.2, `ModulationMixer`.
    """

    def __init__(self, sources: Sequence[str], targets: Sequence[str]):
        self.n_sources, self.n_targets = len(sources), len(targets)
        self.knobs = tuple(
            Parameter(f"{source}->{target}", 0, 1, "ratio", curve=0.5, doc=f"how much {source} moves {target}")
            for source in sources
            for target in targets
        )

    def forward(self, clock: Clock, *signals: Tensor, **depths: Tensor) -> tuple[Tensor, ...]:
        """Takes control signals, one per source, in order; returns control signals, one per target."""
        depth = torch.stack(list(depths.values()), dim=1).unflatten(1, (self.n_sources, self.n_targets))
        return torch.einsum("bst,bsn->tbn", depth, torch.stack(signals, dim=1)).unbind()
