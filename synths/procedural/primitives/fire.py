"""Fire: crackles over low noise."""

import torch
from torch import Tensor

from synths.dsp import chance, filters, noise
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Fire(Module):
    """Short cracks of very different loudness, a roar that flickers, and a hiss.

    Source: Farnell, Designing Sound, 2010, practical 11 (fire).
    """

    knobs = (
        Parameter("crackle", 2, 60, "Hz", curve=0.5, doc="cracks a second"),
        Parameter("crack", 800, 4500, "Hz", doc="pitch of the cracks"),
        Parameter("wild", 1, 5, doc="how much louder loud cracks are than soft ones"),
        Parameter("roar", 0, 1, "ratio", doc="level of the flames"),
        Parameter("deep", 60, 500, "Hz", curve=0.5, doc="pitch of the flames"),
        Parameter("hiss", 0, 0.02, "ratio", curve=0.5, doc="steam"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        crackle: Tensor,
        crack: Tensor,
        wild: Tensor,
        roar: Tensor,
        deep: Tensor,
        hiss: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        white = noise.white(key, clock)
        # Cracks come in groups.
        flurry = 1 + chance.wander(chance.another(key, 1), torch.full_like(crackle, 3), clock)
        drops = chance.drops(chance.another(key, 2), crackle[:, None] * flurry, clock)
        loud = drops.sign() * drops.abs().clamp_min(1e-6) ** clock.constant(wild)
        crack_hz = crack[:, None] * torch.exp2(chance.wander(chance.another(key, 3), torch.full_like(crack, 20), clock))
        cracks = 8 * filters.bandpass(loud, crack_hz, torch.full_like(crack, 2), clock)
        flicker = (0.55 + 0.45 * chance.wander(chance.another(key, 4), torch.full_like(crack, 9), clock)).square()
        flames = filters.lowpass(white, deep[:, None].expand_as(flicker), torch.full_like(deep, 1), clock)
        return cracks + clock.constant(roar) * flames * clock.to_audio(flicker) + clock.constant(hiss) * white
