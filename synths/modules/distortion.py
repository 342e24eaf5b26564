"""Distortion: soft clipping."""

from torch import Tensor

from synths.dsp import distortion
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Distortion(Module):
    """An amplifier that clips softly."""

    knobs = (Parameter("drive", -12, 36, "dB", doc="gain before clipping; below 0 it hardly clips"),)

    def forward(self, clock: Clock, audio: Tensor, *, drive: Tensor) -> Tensor:
        """Takes audio; returns audio in [-1, 1]."""
        return distortion.soft_clip(audio * clock.constant(10 ** (drive / 20)))
