"""Crowd: several talkers at once."""

import torch
from torch import Tensor

from synths.dsp import bandlimited, chance, filters, noise, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_N_TALKERS = 5


class Crowd(Module):
    """Independent talkers, each with a random pitch contour, syllables and changing vowels."""

    knobs = (
        Parameter("pitch", 40, 66, "semitone", doc="MIDI note of the deepest talker"),
        Parameter("spread", 4, 18, "semitone", doc="from the deepest to the highest talker"),
        Parameter("rate", 2, 7, "Hz", doc="syllables a second"),
        Parameter("lively", 0, 6, "semitone", doc="how far pitch wanders"),
        Parameter("murmur", 0, 1, "ratio", doc="noise of those far away"),
        Parameter("size", 0.85, 1.4, "ratio", doc="formants: 1 is a man, 1.2 a woman, 1.4 a child"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        spread: Tensor,
        rate: Tensor,
        lively: Tensor,
        murmur: Tensor,
        size: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,); returns audio."""
        crowd = clock.constant(0.5 * murmur) * noise.white(key, clock)
        # All talkers as rows of one batch.
        number = torch.arange(_N_TALKERS, device=key.device).repeat(len(key))
        pitch, spread, rate, lively, size, key = (
            x.repeat_interleave(_N_TALKERS) for x in (pitch, spread, rate, lively, size, key)
        )
        tempo, melody, jaw, tongue = (chance.another(key, 1 + 4 * number + i) for i in range(4))
        number = number.double()
        tune = lively[:, None] * chance.wander(melody, 0.7 * rate, clock)
        frequency_hz = oscillators.midi_to_hz((pitch + spread * number / (_N_TALKERS - 1))[:, None] + tune)
        turns = phase.glide(frequency_hz, torch.zeros_like(pitch), clock)
        buzz = bandlimited.saw(turns, frequency_hz, clock)
        syllables = (0.2 + chance.wander(tempo, rate * (1 + 0.08 * number), clock)).clamp_min(0)
        open_hz = 450 * torch.exp2(0.8 * chance.wander(jaw, rate, clock)) * size[:, None]
        front_hz = 1300 * torch.exp2(0.7 * chance.wander(tongue, rate, clock)) * size[:, None]
        q = torch.full((len(key), 2), 7.0, dtype=torch.float64, device=key.device)
        formants_hz = torch.stack([open_hz, front_hz], dim=1)
        mouths = filters.resonators(buzz * clock.to_audio(syllables), formants_hz, q, torch.ones_like(q), clock)
        talkers = mouths.unflatten(0, (-1, _N_TALKERS)).sum(dim=1)
        return talkers + _far(crowd, clock)


def _far(murmur: Tensor, clock: Clock) -> Tensor:
    cutoff_hz = torch.full((len(murmur), clock.n_frames + 1), 500.0, dtype=torch.float64, device=clock.device)
    return 0.3 * filters.bandpass(murmur, cutoff_hz, torch.full_like(cutoff_hz[:, 0], 0.7), clock)
