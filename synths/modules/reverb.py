"""Reverb: convolution with decaying noise."""

import math

import torch
from torch import Tensor

from synths.dsp import delays, envelopes, filters, noise, spectral
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Reverb(Module):
    """A room response of decaying noise; each key gives another room of the same kind.

    Source: Moorer, About This Reverberation Business, Computer Music Journal 3(2), 1979: the impulse
    response of a concert hall sounds like white noise with an exponential envelope.
    """

    knobs = (
        Parameter("decay", 0.1, 6, "s", curve=0.5, doc="time to fall by 60 dB"),
        Parameter("predelay", 0, 0.1, "s", curve=0.5, doc="time from the direct sound to the reverberation"),
        Parameter(
            "brightness", 60, 130, "semitone", doc="cutoff of a low-pass on the first reflections, as a MIDI note"
        ),
        Parameter("damping", 0, 6, "octave", doc="how far that cutoff falls during the decay"),
        Parameter("mix", 0, 1, "ratio", doc="level of the reverberation; at 1 it is as loud as the direct sound"),
    )

    def forward(
        self,
        clock: Clock,
        audio: Tensor,
        key: Tensor,
        *,
        decay: Tensor,
        predelay: Tensor,
        brightness: Tensor,
        damping: Tensor,
        mix: Tensor,
    ) -> Tensor:
        """Takes audio and noise keys, int64 (batch,); returns audio."""
        decay, damping, brightness = (x[:, None] for x in (decay, damping, brightness))
        decays = clock.boundaries_s() / decay
        room = noise.white(key, clock) * clock.to_audio(envelopes.fall(clock.boundaries_s(), decay))
        cutoff_hz = 440 * torch.exp2((brightness - 69) / 12 - damping * decays.clamp_max(1))
        room = filters.lowpass(room, cutoff_hz, torch.full_like(predelay, math.sqrt(0.5)), clock)
        room = delays.delayed(room, predelay[:, None].expand(-1, clock.n_frames + 1), clock)
        energy = room.square().sum(dim=(1, 2), keepdim=True)
        level = clock.constant(mix) / (energy + 1e-12).sqrt()
        return audio + level * spectral.convolve(audio, room)
