"""Tone: a note with vibrato and tremolo."""

import torch
from torch import Tensor

from synths.dsp import bandlimited, filters, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Tone(Module):
    """A steady saw or square, dull or bright, with vibrato and tremolo: a horn, a siren, an alarm."""

    knobs = (
        Parameter("pitch", 36, 92, "semitone", doc="MIDI note"),
        Parameter("shape", 0, 1, "ratio", doc="0 is a saw, 1 a square"),
        Parameter("brightness", 0, 6, "octave", doc="low-pass above the note"),
        Parameter("vibrato", 0, 4, "semitone", curve=0.4, doc="depth of pitch"),
        Parameter("vibrato_rate", 0.5, 9, "Hz", doc="rate of pitch"),
        Parameter("tremolo", 0, 1, "ratio", doc="depth of loudness"),
        Parameter("tremolo_rate", 0.5, 16, "Hz", curve=0.6, doc="rate of loudness"),
    )

    def forward(
        self,
        clock: Clock,
        key: Tensor,
        *,
        pitch: Tensor,
        shape: Tensor,
        brightness: Tensor,
        vibrato: Tensor,
        vibrato_rate: Tensor,
        tremolo: Tensor,
        tremolo_rate: Tensor,
    ) -> Tensor:
        """Takes noise keys, int64 (batch,), which it ignores; returns audio."""
        turn = 2 * torch.pi * clock.boundaries_s()
        tremble = vibrato[:, None] * torch.sin(turn * vibrato_rate[:, None])
        frequency_hz = oscillators.midi_to_hz(pitch[:, None] + tremble)
        turns = phase.glide(frequency_hz, torch.zeros_like(pitch), clock)
        wave = bandlimited.saw_pulse(turns, frequency_hz, shape, torch.full_like(shape, 0.5), clock)
        dull = filters.lowpass(
            wave, frequency_hz * torch.exp2(brightness[:, None]), torch.full_like(pitch, 0.71), clock
        )
        swell = 1 - tremolo[:, None] * (1 + torch.cos(turn * tremolo_rate[:, None])) / 2
        return dull * clock.to_audio(swell)
