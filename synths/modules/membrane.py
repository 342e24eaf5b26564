"""Membrane: a struck drumhead whose pitch falls as it decays."""

import math

import torch
from torch import Tensor

from synths.dsp import envelopes, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# First modes of a circular membrane relative to the lowest: frequency, level.
MODES = ((1.0, 1.0), (1.593, 0.5), (2.136, 0.3))


class Membrane(Module):
    """Three modes of a drumhead, higher in pitch while their amplitude is large.

    Source: Fletcher and Rossing, The Physics of Musical Instruments, 1998, sections 3.2 and 18.
    """

    knobs = (
        Parameter("frequency", 30, 500, "Hz", curve=0.4, doc="lowest mode at small amplitude"),
        Parameter("bend", 0, 4, "octave", curve=0.5, doc="how much higher it starts"),
        Parameter("bend_time", 0.005, 0.3, "s", curve=0.4, doc="time for most of the bend"),
        Parameter("decay", 0.05, 2, "s", curve=0.5, doc="time to fall by 60 dB"),
        Parameter("overtones", 0, 1, "ratio", doc="level of the higher modes"),
    )

    def forward(
        self,
        clock: Clock,
        *,
        frequency: Tensor,
        bend: Tensor,
        bend_time: Tensor,
        decay: Tensor,
        overtones: Tensor,
    ) -> Tensor:
        """Returns audio."""
        bent = bend[:, None] * torch.exp(-3 * clock.boundaries_s() / bend_time[:, None])
        frequency_hz = frequency[:, None] * torch.exp2(bent)
        fall = envelopes.fall(clock.samples_s(), clock.constant(decay))
        out = torch.zeros((), dtype=clock.dtype, device=clock.device)
        for number, (ratio, level) in enumerate(MODES):
            turns = phase.glide(frequency_hz * ratio, torch.zeros_like(frequency), clock)
            level = level * (clock.constant(overtones) if number else 1)
            out = out + level * fall ** math.sqrt(ratio) * torch.sin(2 * math.pi * turns)
        return out
