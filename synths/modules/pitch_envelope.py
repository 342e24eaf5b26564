"""Pitch envelope: how the pitch of a note moves."""

from torch import Tensor

from synths.dsp import rate_envelopes
from synths.dsp.clock import Clock
from synths.dsp.piecewise import piecewise
from synths.modules.module import Module
from synths.parameters import Parameter

# Octaves a second at some rates.
_SPEEDS = [(0, 1), (20, 12), (40, 27), (60, 56), (75, 91), (90, 159), (99, 255)]
_SPEEDS = [(rate, step / 21.3) for rate, step in _SPEEDS]


class PitchEnvelope(Module):
    """Four rates and four levels: from the fourth level to the first, the second, the third; back once the key is up.

    Source: Yamaha DX7 owner's manual, 1983; speeds as measured in music-synthesizer-for-android, `PitchEnv`.
    """

    knobs = (
        Parameter("depth", 0, 1, "ratio", curve=0.1, doc="share of the levels that is taken; 1 in patches"),
        *(Parameter(f"rate_{i}", 0, 99, doc=f"speed on the way to level {i}") for i in (1, 2, 3, 4)),
        *(
            Parameter(f"level_{i}", -48, 48, "semitone", curve=0.2, symmetric=True, doc=what)
            for i, what in (
                (1, "offset of pitch reached first"),
                (2, "offset reached second"),
                (3, "offset reached third, and held while the key is down"),
                (4, "offset at the start, and at the end"),
            )
        ),
    )

    def forward(
        self,
        clock: Clock,
        note_on_s: Tensor,
        *,
        depth: Tensor,
        rate_1: Tensor,
        rate_2: Tensor,
        rate_3: Tensor,
        rate_4: Tensor,
        level_1: Tensor,
        level_2: Tensor,
        level_3: Tensor,
        level_4: Tensor,
    ) -> Tensor:
        """Returns a control signal in semitones."""
        slopes = tuple(12 * piecewise(rate, _SPEEDS) for rate in (rate_1, rate_2, rate_3, rate_4))
        levels = tuple(depth * level for level in (level_1, level_2, level_3, level_4))
        return rate_envelopes.straight(clock.boundaries_s(), note_on_s, levels, slopes)
