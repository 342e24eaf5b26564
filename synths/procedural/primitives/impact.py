"""Impact: a struck bar, plate or bell."""

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.modules.struck_body import StruckBody
from synths.parameters import Parameter


class Impact(Module):
    """One stroke on wood, glass or metal. Source: see `StruckBody`."""

    knobs = (Parameter("pitch", 36, 100, "semitone", doc="MIDI note of the lowest mode"), *StruckBody.knobs)

    def forward(self, clock: Clock, key: Tensor, *, pitch: Tensor, **knobs: Tensor) -> Tensor:
        """Takes noise keys, int64 (batch,), which it ignores; returns audio."""
        return StruckBody().forward(clock, pitch, **knobs)
