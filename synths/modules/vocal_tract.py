"""Vocal tract: four formants that move from one vowel to another."""

import torch
from torch import Tensor

from synths.dsp import filters
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# The third and fourth formants of a man in Hz; bandwidths and levels of all four. Their whole is about as loud as
# other voices are.
_HIGH_HZ = (2500.0, 3500.0)
_BANDWIDTH_HZ = (60.0, 90.0, 150.0, 200.0)
_LEVEL = (4.0, 2.52, 1.28, 0.72)


class VocalTract(Module):
    """Formants in parallel, from a first vowel to a second.

    Source: Peterson and Barney, Control Methods Used in a Study of the Vowels, JASA 24(2), 1952; Klatt,
    Software for a Cascade/Parallel Formant Synthesizer, JASA 67(3), 1980.
    """

    knobs = (
        Parameter("first_open", 250, 900, "Hz", doc="first formant of the first vowel: 250 is closed, 900 open"),
        Parameter("first_front", 600, 2400, "Hz", doc="second formant of the first vowel: 600 is back, 2400 front"),
        Parameter("second_open", 250, 900, "Hz", doc="first formant of the second vowel"),
        Parameter("second_front", 600, 2400, "Hz", doc="second formant of the second vowel"),
        Parameter("glide_start", 0, 1, "s", curve=0.5, doc="start of the glide from the first vowel to the second"),
        Parameter("glide_time", 0.02, 1, "s", curve=0.5, doc="length of that glide"),
        Parameter(
            "size", 0.8, 1.5, "ratio", doc="factor on all formant frequencies: 1 is a man, 1.2 a woman, 1.4 a child"
        ),
        Parameter("focus", 0.3, 4, "ratio", curve=0.5, doc="factor on the Q of the formants; 1 is natural"),
    )

    def forward(
        self,
        clock: Clock,
        source: Tensor,
        *,
        first_open: Tensor,
        first_front: Tensor,
        second_open: Tensor,
        second_front: Tensor,
        glide_start: Tensor,
        glide_time: Tensor,
        size: Tensor,
        focus: Tensor,
    ) -> Tensor:
        """Takes audio; returns audio."""
        moved = ((clock.boundaries_s() - glide_start[:, None]) / glide_time[:, None]).clamp(0, 1)
        moved = moved * moved * (3 - 2 * moved)
        high_hz = [torch.full_like(size, hz) for hz in _HIGH_HZ]
        first_hz, second_hz = (
            torch.stack([*low, *high_hz], dim=1) for low in ((first_open, first_front), (second_open, second_front))
        )
        formants_hz = (first_hz[:, :, None] + (second_hz - first_hz)[:, :, None] * moved[:, None]) * size[:, None, None]
        bandwidth_hz, level = (
            torch.tensor(x, dtype=torch.float64, device=size.device) for x in (_BANDWIDTH_HZ, _LEVEL)
        )
        # q at the middle between the vowels, so that a sound begins as it would at any length.
        q = focus[:, None] * (first_hz + second_hz) / 2 / bandwidth_hz
        return filters.resonators(source, formants_hz, q, level.expand_as(q), clock)
