"""Mixer: a weighted sum of signals."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Mixer(Module):
    """A sum of signals, each with a level; a sound that would clip is scaled to a peak of 1.

    Args:
        inputs: name of each input and the curve of its level.
        scaled: divide a mix whose peak is above 1 by that peak; false where what follows bounds it.

    Source: torchsynth 1.0.2, `AudioMixer`.
    """

    def __init__(self, inputs: Mapping[str, float], scaled: bool = True):
        self.scaled = scaled
        self.knobs = tuple(
            Parameter(name, 0, 1, "ratio", curve=curve, doc=f"level of {name}") for name, curve in inputs.items()
        )

    def forward(self, clock: Clock, *signals: Tensor, **levels: Tensor) -> Tensor:
        """Takes audio, one per input, in order; returns audio, in [-1, 1] if scaled."""
        mix = torch.zeros_like(signals[0])
        for signal, level in zip(signals, levels.values(), strict=True):
            mix = mix + signal * clock.constant(level)
        if not self.scaled:
            return mix
        peak = mix.abs().amax(dim=(1, 2), keepdim=True)
        return mix / peak.clamp_min(1)
