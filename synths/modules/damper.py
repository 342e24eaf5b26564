"""Damper: the end of a ringing note."""

from torch import Tensor

from synths.dsp import envelopes
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Damper(Module):
    """A gain of 1 while the key is held, which then decays."""

    knobs = (Parameter("release", 0.02, 5, "s", curve=0.3, doc="time to fall by 60 dB once the key is released"),)

    def forward(self, clock: Clock, note_on_s: Tensor, *, release: Tensor) -> Tensor:
        """Takes the time the key is held in s (batch,); returns a control signal in [0, 1]."""
        since_s = (clock.boundaries_s() - note_on_s[:, None]).clamp_min(0)
        return envelopes.fall(since_s, release[:, None])
