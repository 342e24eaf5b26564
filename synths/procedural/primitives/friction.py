"""Friction: two surfaces that rub."""

import torch
from torch import Tensor

from synths.dsp import bandlimited, chance, filters, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_BODY = (1.0, 2.3, 4.1)


class Friction(Module):
    """Repeated strokes: impulses of a rough surface, or a saw wave for stick and slip, through resonances of a body.

    Source: Cook, Real Sound Synthesis for Interactive Applications, 2002, sections 12 and 15 (stick and slip,
    particles).
    """

    knobs = (
        Parameter("pitch", 40, 84, "semitone", doc="MIDI note of the squeal at full speed"),
        Parameter("stick", 0, 1, "ratio", doc="0 scrapes, 1 squeals"),
        Parameter("roughness", 50, 2000, "Hz", curve=0.5, doc="grains a second at full speed"),
        Parameter("stroke", 0.5, 6, "Hz", curve=0.6, doc="strokes per second"),
        Parameter("body", 300, 3000, "Hz", curve=0.5, doc="lowest resonance of the body"),
        Parameter("ring", 2, 30, "Q", curve=0.5, doc="of the body"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        stick: Tensor,
        roughness: Tensor,
        stroke: Tensor,
        body: Tensor,
        ring: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        speed = torch.sin(torch.pi * clock.boundaries_s() * stroke[:, None]).square()
        jitter = 0.5 * chance.wander(chance.another(key, 1), torch.full_like(pitch, 30), clock)
        frequency_hz = oscillators.midi_to_hz(pitch[:, None] - 5 * (1 - speed) + jitter)
        squeal = bandlimited.saw(phase.glide(frequency_hz, torch.zeros_like(pitch), clock), frequency_hz, clock)
        grains = 3 * chance.drops(key, 5 + roughness[:, None] * speed, clock)
        surface = (clock.constant(stick) * squeal + clock.constant(1 - stick) * grains) * clock.to_audio(speed)
        ratios = torch.tensor(_BODY, device=key.device, dtype=torch.float64)
        centre_hz = (body[:, None] * ratios)[:, :, None].expand(-1, -1, clock.n_frames + 1)
        q = ring[:, None].expand(-1, len(_BODY))
        return filters.resonators(surface, centre_hz, q, (1 / ratios.sqrt()).expand_as(q), clock)
