"""Distortion: too loud on purpose."""

from torch import Tensor

from synths.dsp import distortion
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Distortion(Module):
    """An amplifier that bends loud waves softly."""

    knobs = (Parameter("drive", -12, 36, "dB", doc="gain before the bend; below 0 it hardly bends"),)

    def forward(self, clock: Clock, audio: Tensor, *, drive: Tensor) -> Tensor:
        """Takes audio; returns audio in [-1, 1]."""
        return distortion.soft_clip(audio * clock.constant(10 ** (drive / 20)))
