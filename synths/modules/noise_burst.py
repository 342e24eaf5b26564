"""Noise burst: an attack transient of band-passed noise."""

from dataclasses import replace

import torch
from torch import Tensor

from synths.dsp import envelopes, filters, noise, oscillators
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class NoiseBurst(Module):
    """Band-passed noise that starts at once and decays, alone or after three short bursts as in a hand clap.

    Args:
        longest_s: the longest decay.
    """

    knobs = (
        Parameter("colour", 40, 130, "semitone", doc="centre of the band, as a MIDI note"),
        Parameter("resonance", 0.5, 8, "Q", curve=0.4, doc="how narrow the band is"),
        Parameter("decay", 0.01, 1.5, "s", curve=0.3, doc="time to fall by 60 dB"),
        Parameter("flam", 0, 1, "ratio", curve=0.4, doc="level of three short bursts before the last one"),
        Parameter("spread", 0.005, 0.03, "s", doc="time between those bursts"),
    )

    def __init__(self, longest_s: float = 1.5):
        self.knobs = tuple(replace(k, high=longest_s) if k.name == "decay" else k for k in type(self).knobs)

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        colour: Tensor,
        resonance: Tensor,
        decay: Tensor,
        flam: Tensor,
        spread: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        band_hz = oscillators.midi_to_hz(colour)[:, None].expand(-1, clock.n_frames + 1)
        band = filters.bandpass(noise.white(key, clock), band_hz, resonance, clock)
        # A narrow band passes less of the noise's power.
        louder = (resonance * clock.sample_rate / oscillators.midi_to_hz(colour) / 8).sqrt().clamp(1, 8)

        decay, flam, spread, louder = (clock.constant(x) for x in (decay, flam, spread, louder))
        time_s = clock.samples_s()
        hit = (time_s / spread).floor()
        since_s = time_s - spread * hit.clamp_max(3).detach()
        bursts = flam * envelopes.fall(since_s, 1.5 * spread)
        last = envelopes.fall(since_s, decay)
        first = envelopes.fall(time_s, decay)
        clap = torch.where(hit < 3, bursts, flam * last)
        return band * louder * (clap + (1 - flam) * first)
