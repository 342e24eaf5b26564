"""ADSR: the envelope of a note."""

from torch import Tensor

from synths.dsp import envelopes
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class ADSR(Module):
    """An envelope that rises, falls to a level, holds while the key is down, and fades.

    Source: torchsynth 1.0.2, `ADSR`.
    """

    knobs = (
        Parameter("attack", 0, 2, "s", curve=0.5, doc="time to reach the top"),
        Parameter("decay", 0, 2, "s", curve=0.5, doc="time to fall from the top to the sustain level"),
        Parameter("sustain", 0, 1, "ratio", doc="level held while the key is down"),
        Parameter("release", 0, 5, "s", curve=0.5, doc="time to fade after the key is released"),
        Parameter("alpha", 0.1, 6, doc="bend of the slopes: 1 is linear, more is exponential"),
    )

    def forward(
        self,
        clock: Clock,
        note_on_s: Tensor,
        *,
        attack: Tensor,
        decay: Tensor,
        sustain: Tensor,
        release: Tensor,
        alpha: Tensor,
    ) -> Tensor:
        """Returns a control signal in [0, 1]."""
        return envelopes.adsr(clock.boundaries_s(), note_on_s, attack, decay, sustain, release, alpha)
