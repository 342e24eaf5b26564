"""Delay: echoes."""

from torch import Tensor

from synths.dsp import delays, spectral
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Delay(Module):
    """An echo that repeats, fainter each time."""

    knobs = (
        Parameter("time", 0.02, 1, "s", curve=0.5, doc="from one repeat to the next"),
        Parameter("feedback", 0, 0.9, "ratio", doc="level of each repeat against the one before"),
        Parameter("mix", 0, 1, "ratio", doc="level of the first repeat"),
    )

    def forward(self, clock: Clock, audio: Tensor, *, time: Tensor, feedback: Tensor, mix: Tensor) -> Tensor:
        """Takes audio; returns it with its echoes."""
        return audio + clock.constant(mix) * spectral.convolve(audio, delays.echoes(time, feedback, clock))
