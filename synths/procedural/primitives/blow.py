"""Blow: breath noise through a pipe."""

import torch
from torch import Tensor

from synths.dsp import chance, filters, noise, oscillators
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Blow(Module):
    """Noise of breath through the resonances of a pipe: a whistle of wind in a narrow one, a rush in a wide one.

    Source: Fletcher and Rossing, The Physics of Musical Instruments, 1998, section 8 (open and stopped pipes).
    """

    knobs = (
        Parameter("pitch", 40, 96, "semitone", doc="MIDI note of the lowest resonance"),
        Parameter("narrow", 10, 300, "Q", curve=0.5, doc="of the resonances: low is a rush, high a whistle"),
        Parameter("stopped", 0, 1, "ratio", doc="0: open, with all harmonics; 1: stopped, with odd ones"),
        Parameter("brightness", 0.2, 1, "ratio", doc="of a resonance against the one before"),
        Parameter("hiss", 0, 0.3, "ratio", curve=0.5, doc="breath beside the pipe"),
        Parameter("unsteady", 0, 1, "ratio", doc="how much the breath swells and falls"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        narrow: Tensor,
        stopped: Tensor,
        brightness: Tensor,
        hiss: Tensor,
        unsteady: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        breath = noise.white(key, clock)
        k = torch.arange(1, 6, device=key.device, dtype=torch.float64)
        centre_hz = oscillators.midi_to_hz(pitch)[:, None] * k
        gain = brightness[:, None] ** (k - 1) * (1 - stopped[:, None] * (k % 2 == 0))
        gain = gain * ((0.45 - centre_hz / clock.sample_rate) / 0.05).clamp(0, 1)
        frames = centre_hz[:, :, None].expand(-1, -1, clock.n_frames + 1)
        q = narrow[:, None].expand_as(gain)
        # A narrow band passes less of the breath's power.
        louder = (q * clock.sample_rate / 8 / centre_hz[:, :1]).sqrt()
        pipe = filters.resonators(breath, frames, q, gain * louder, clock)
        pressure = 1 + 0.8 * unsteady[:, None] * chance.wander(chance.another(key, 1), torch.full_like(pitch, 5), clock)
        return (pipe + clock.constant(hiss) * breath) * clock.to_audio(pressure)
