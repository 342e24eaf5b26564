"""Noise: white noise."""

from torch import Tensor

from synths.dsp import noise
from synths.dsp.clock import Clock
from synths.modules.module import Module


class Noise(Module):
    """White noise that follows from the key."""

    def forward(self, clock: Clock, key: Tensor) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio in [-1, 1]."""
        return noise.white(key, clock)
