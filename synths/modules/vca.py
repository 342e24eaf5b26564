"""VCA: an amplifier whose gain is a control signal."""

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module


class VCA(Module):
    """An amplifier without parameters of its own."""

    def forward(self, clock: Clock, audio: Tensor, level: Tensor) -> Tensor:
        """Takes audio and a control signal for its level; returns audio."""
        return audio * clock.to_audio(level)
