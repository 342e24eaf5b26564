"""Cymbal: inharmonic modes."""

import torch
from torch import Tensor

from synths.dsp import modes
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# The squares of Roland's TR-808 in Hz; their odd harmonics are the modes.
_SQUARES_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
_HARMONICS = range(1, 30, 2)


class Cymbal(Module):
    """Hats and cymbals of a drum machine: six square waves out of tune, high-passed.

    Source: Werner, Abel and Smith, The TR-808 Cymbal: a Physically-Informed, Circuit-Bendable, Digital
    Model, ICMC 2014.
    """

    knobs = (
        Parameter("size", 0.5, 2, "ratio", doc="all frequencies against the TR-808's"),
        Parameter("brightness", 1000, 12000, "Hz", curve=0.7, doc="cutoff of a high-pass"),
        Parameter("decay", 0.02, 3, "s", curve=0.4, doc="time to fall by 60 dB"),
    )

    def forward(self, clock: Clock, *, size: Tensor, brightness: Tensor, decay: Tensor) -> Tensor:
        """Returns audio of about 1."""
        partials = [(hz * k, 1 / k) for hz in _SQUARES_HZ for k in _HARMONICS]
        hz, level = torch.tensor(partials, dtype=torch.float64, device=size.device).unbind(dim=1)
        frequency_hz = size[:, None] * hz
        # A second-order high-pass.
        amplitude = level / (1 + (brightness[:, None] / frequency_hz) ** 4).sqrt()
        amplitude = amplitude / (amplitude.square().sum(dim=1, keepdim=True).sqrt() + 1e-3)
        # Partials in phase would click: each starts a golden section of a turn after the last.
        initial_rad = 2 * torch.pi * 0.618 * torch.arange(len(partials), device=size.device, dtype=torch.float64)
        return modes.ring(
            frequency_hz, decay[:, None].expand_as(frequency_hz), amplitude, initial_rad.expand_as(frequency_hz), clock
        )
