"""Glide: a tone whose pitch slides, once or repeatedly."""

import torch
from torch import Tensor

from synths.dsp import oscillators, phase
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Glide(Module):
    """A tone of three partials whose pitch slides linearly in semitones; repeated, a chirp."""

    knobs = (
        Parameter("pitch", 48, 96, "semitone", doc="MIDI note it starts from"),
        Parameter("slide", -36, 36, "semitone", doc="how far it slides"),
        Parameter("time", 0.05, 2, "s", curve=0.5, doc="how long a slide takes"),
        Parameter("repeat", 0, 2, "choice", doc="0: once, then it stays; 1: again and again"),
        Parameter("brightness", 0, 1, "ratio", doc="level of the second and third partial"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        slide: Tensor,
        time: Tensor,
        repeat: Tensor,
        brightness: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,), which it ignores; returns audio."""
        turn = clock.boundaries_s() / time[:, None]
        again = chosen(repeat, 2)[:, None] == 1
        done = torch.where(again, turn - turn.detach().floor(), turn.clamp_max(1))
        level = torch.where(again, torch.sin(torch.pi * done), 1.0)
        frequency_hz = oscillators.midi_to_hz(pitch[:, None] + slide[:, None] * done).clamp_max(
            0.45 * clock.sample_rate
        )
        turns = phase.glide(frequency_hz, torch.zeros_like(pitch), clock)
        audio = torch.zeros_like(turns)
        for k in (1, 2, 3):
            audible = ((0.5 - k * frequency_hz / clock.sample_rate) / 0.05).clamp(0, 1)
            strength = audible * (brightness[:, None] / k if k > 1 else 1)
            audio = audio + clock.to_audio(level * strength) * oscillators.sine(k * turns)
        return audio
