"""Glottis: the source of a voice, periodic and noisy."""

import math

import torch
from torch import Tensor

from synths.dsp import bandlimited, filters, noise, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Glottis(Module):
    """A low-passed saw with a pitch glide, vibrato and breath noise.

    Source: Klatt and Klatt, Analysis, Synthesis, and Perception of Voice Quality Variations among Female
    and Male Talkers, JASA 87(2), 1990.
    """

    knobs = (
        Parameter("slide", -12, 12, "semitone", curve=0.4, symmetric=True, doc="pitch at the start, against the end"),
        Parameter("slide_time", 0.02, 2, "s", curve=0.4, doc="time for most of the slide"),
        Parameter("vibrato", 0, 2, "semitone", curve=0.4, doc="depth of vibrato"),
        Parameter("vibrato_rate", 3, 9, "Hz", doc="rate of vibrato"),
        Parameter(
            "tilt", 200, 8000, "Hz", curve=0.5, doc="cutoff of the low-pass: low is a soft voice, high a pressed one"
        ),
        Parameter("breath", 0, 1, "ratio", curve=0.4, doc="share of noise in the source: 1 is a whisper"),
    )

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        key: Tensor,
        *,
        slide: Tensor,
        slide_time: Tensor,
        vibrato: Tensor,
        vibrato_rate: Tensor,
        tilt: Tensor,
        breath: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,) and noise keys, int64 (batch,); returns audio."""
        time_s = clock.boundaries_s()
        tremble = vibrato[:, None] * torch.sin(2 * torch.pi * vibrato_rate[:, None] * time_s)
        glide = slide[:, None] * torch.exp(-3 * time_s / slide_time[:, None])
        frequency_hz = oscillators.midi_to_hz(midi_f0[:, None] + glide + tremble)
        turns = phase.glide(frequency_hz, torch.zeros_like(midi_f0), clock)
        buzz = bandlimited.saw(turns, frequency_hz, clock)
        breath = clock.constant(breath)
        source = (1 - breath) * buzz + breath * noise.white(key, clock)
        cutoff_hz = tilt[:, None].expand_as(frequency_hz)
        return filters.lowpass(source, cutoff_hz, torch.full_like(tilt, math.sqrt(0.5)), clock)
