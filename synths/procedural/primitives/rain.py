"""Rain: single drops over band noise."""

import torch
from torch import Tensor

from synths.dsp import chance, filters, noise
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_SPREAD = (1.0, 1.7, 2.9)


class Rain(Module):
    """Drops at random moments, each the ring of one of three sizes, over a band of noise."""

    knobs = (
        Parameter("rate", 4, 400, "Hz", curve=0.4, doc="drops per second"),
        Parameter("size", 500, 2200, "Hz", doc="pitch of the largest drops"),
        Parameter("ring", 2, 25, "Q", curve=0.5, doc="of what they fall on: low is earth, high is tin or water"),
        Parameter("hiss", 0, 0.3, "ratio", curve=0.5, doc="rain far away"),
        Parameter("unsteady", 0, 1, "ratio", doc="how much the rain swells and falls"),
    )

    def forward(
        self, clock: Clock, key: Tensor, *, rate: Tensor, size: Tensor, ring: Tensor, hiss: Tensor, unsteady: Tensor
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        swell = 1 + 0.8 * unsteady[:, None] * chance.wander(chance.another(key, 1), torch.full_like(rate, 1.5), clock)
        rain = torch.zeros(len(key), clock.n_frames, clock.hop, device=clock.device, dtype=clock.dtype)
        for number, higher in enumerate(_SPREAD, start=2):
            drops = chance.drops(chance.another(key, number), rate[:, None] / len(_SPREAD) * swell, clock)
            centre_hz = (size * higher)[:, None].expand(-1, clock.n_frames + 1)
            rain = rain + filters.bandpass(drops.abs() * drops, centre_hz, ring, clock) * clock.constant(ring.sqrt())
        far_hz = (2.5 * size)[:, None].expand(-1, clock.n_frames + 1)
        far = filters.highpass(noise.white(key, clock), far_hz, torch.full_like(size, 0.5), clock)
        return rain + clock.constant(0.1 * hiss) * far * clock.to_audio(swell)
