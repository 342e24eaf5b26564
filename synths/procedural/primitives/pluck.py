"""Pluck: a plucked string."""

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.modules.string import String
from synths.parameters import Parameter


class Pluck(Module):
    """One note of a string. Source: see `String`."""

    knobs = (Parameter("pitch", 28, 88, "semitone", doc="MIDI note"), *String.knobs)

    def forward(self, clock: Clock, key: Tensor, *, pitch: Tensor, **knobs: Tensor) -> Tensor:
        """Takes noise keys, int64 (batch,), which it ignores; returns audio."""
        return String(n_partials=40).forward(clock, pitch, **knobs)
