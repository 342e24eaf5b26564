"""Wind: noise through a moving resonance."""

import torch
from torch import Tensor

from synths.dsp import chance, filters, noise
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Wind(Module):
    """Noise through a resonance; a random wind speed moves its loudness and pitch.

    Source: Farnell, Designing Sound, 2010, practical 18 (wind).
    """

    knobs = (
        Parameter("pitch", 100, 1200, "Hz", curve=0.5, doc="of the resonance in a mean wind"),
        Parameter("howl", 0.6, 15, "Q", curve=0.4, doc="of the resonance: low rushes, high howls"),
        Parameter("gusts", 0.2, 2.5, "Hz", doc="gusts a second"),
        Parameter("gusty", 0, 1, "ratio", doc="how much the wind rises and falls"),
        Parameter("bend", 0, 2, "octave", doc="how far pitch follows the wind"),
    )

    def forward(
        self, clock: Clock, key: Tensor, *, pitch: Tensor, howl: Tensor, gusts: Tensor, gusty: Tensor, bend: Tensor
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        slow, fast = (chance.wander(chance.another(key, i), i * i * gusts, clock) for i in (1, 2))
        speed = gusty[:, None] * (0.8 * slow + 0.2 * fast)
        pitch_hz = pitch[:, None] * torch.exp2(bend[:, None] * speed)
        white = noise.white(key, clock)
        howling = filters.bandpass(white, pitch_hz, howl, clock) * clock.constant(howl.sqrt())
        rushing = filters.lowpass(white, 2 * pitch_hz, torch.full_like(howl, 0.5), clock)
        return (howling + 0.3 * rushing) * clock.to_audio((1 + 0.9 * speed).square())
