"""VCA: one signal sets the loudness of another."""

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module


class VCA(Module):
    """An amplifier without knobs."""

    def forward(self, clock: Clock, audio: Tensor, level: Tensor) -> Tensor:
        """Takes audio and a control signal for its level; returns audio."""
        return audio * clock.to_audio(level)
