"""Engine: cylinders that fire in turn."""

import torch
from torch import Tensor

from synths.dsp import bandlimited, chance, filters, noise, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Engine(Module):
    """Pulses of pressure, the cylinders not all alike, through an exhaust, with the noise of gas in every pulse."""

    knobs = (
        Parameter("speed", 8, 90, "Hz", curve=0.6, doc="turns a second"),
        Parameter("revving", -1, 1.5, "octave", doc="how far speed changes"),
        Parameter("revving_time", 0.2, 4, "s", doc="how long that takes"),
        Parameter("uneven", 0, 1, "ratio", doc="how much the cylinders differ"),
        Parameter("sharp", 1, 12, doc="how short a pulse is"),
        Parameter("exhaust", 60, 600, "Hz", curve=0.5, doc="resonance of the exhaust"),
        Parameter("gas", 0, 1, "ratio", doc="noise in the pulses"),
        Parameter("rattle", 0, 0.3, "ratio", curve=0.5, doc="a saw at the speed of the engine"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        speed: Tensor,
        revving: Tensor,
        revving_time: Tensor,
        uneven: Tensor,
        sharp: Tensor,
        exhaust: Tensor,
        gas: Tensor,
        rattle: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        revved = (clock.boundaries_s() / revving_time[:, None]).clamp_max(1)
        shake = 0.02 * chance.wander(chance.another(key, 1), torch.full_like(speed, 12), clock)
        turns_hz = speed[:, None] * torch.exp2(revving[:, None] * revved + shake)
        turn = 2 * torch.pi * phase.glide(turns_hz, torch.zeros_like(speed), clock)
        # Four strokes per turn, some of them weaker.
        alike = 1 - clock.constant(uneven) * (0.3 * (1 - torch.cos(turn)) + 0.2 * (1 - torch.cos(2 * turn)))
        pulse = torch.exp(clock.constant(sharp) * (torch.cos(4 * turn) - 1)) * alike
        pulses = pulse * (1 + clock.constant(2 * gas) * noise.white(key, clock))
        pulses = pulses + clock.constant(rattle) * bandlimited.saw(turn / (2 * torch.pi), turns_hz, clock)
        ratios = torch.tensor([1.0, 2.7, 6.1], device=key.device, dtype=torch.float64)
        centre_hz = (exhaust[:, None] * ratios)[:, :, None].expand(-1, -1, clock.n_frames + 1)
        q = torch.full_like(centre_hz[:, :, 0], 2)
        return filters.resonators(pulses, centre_hz, q, (1 / ratios).expand_as(q), clock)
