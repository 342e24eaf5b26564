"""Operator: a sine oscillator whose phase other sines modulate."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from synths.dsp import operators, oscillators, phase
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

# Modulation index of an operator at full level, in radians: two turns, as on the DX7.
FULL_INDEX = 4 * math.pi
# The highest frequency of an operator, as a share of the sample rate.
_HIGHEST = 0.45
# Sidebands left free below Nyquist; measured: aliases are then 60 dB down.
MARGIN = 0.9

_KNOBS = (
    Parameter("coarse", 0, 16, "choice", curve=0.5, doc="multiple of the key's frequency; 0 is one half"),
    Parameter("fine", -1, 1, "semitone", curve=0.3, symmetric=True, doc="offset from that multiple"),
    Parameter("level", -40, 0, "dB", curve=2, doc="level in the mix, or depth of modulation of other operators"),
)


class ModulatedSine(NamedTuple):
    """Output of an operator: a sine of amplitude 1, its level, and the highest frequency in it."""

    audio: Tensor  # (batch, n_frames, hop)
    level: Tensor  # (batch, n_frames + 1)
    highest_hz: Tensor  # (batch, n_frames + 1)


class Operator(Module):
    """A sine at a multiple of the key's frequency, its phase moved by other operators.

    Modulation that would reach beyond Nyquist is reduced until it does not alias.

    Gradient: zero through `coarse`, and through levels where modulation is reduced.

    Source: Chowning, The Synthesis of Complex Audio Spectra by Means of Frequency Modulation, JAES
    21(7), 1973.
    """

    knobs = _KNOBS

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        envelope: Tensor,
        *modulators: tuple[Tensor, ModulatedSine],
        coarse: Tensor,
        fine: Tensor,
        level: Tensor,
    ) -> ModulatedSine:
        """Takes a MIDI note (batch,), a control signal for level, and modulators, each with its gain (batch,)."""
        turns, own_hz = _unmodulated(midi_f0, coarse, fine, envelope, clock)
        highest_hz = own_hz
        n_wired = sum((gain for gain, _ in modulators), torch.zeros_like(midi_f0)).clamp_min(1)
        for gain, modulator in modulators:
            room_hz = (clock.sample_rate / 2 - own_hz) / n_wired[:, None]
            order = (room_hz / modulator.highest_hz - MARGIN).clamp_min(0)
            index = torch.minimum(gain[:, None] * modulator.level * FULL_INDEX, operators.largest_index(order))
            highest_hz = highest_hz + operators.order(index) * modulator.highest_hz
            turns = turns + clock.to_audio(index / (2 * math.pi)) * modulator.audio
        return ModulatedSine(torch.sin(2 * torch.pi * turns), _level(level, envelope), highest_hz)


class FeedbackOperator(Module):
    """An operator that modulates its own phase.

    Gradient: zero through `coarse`, and through `feedback` where it is reduced so as not to alias.
    """

    knobs = (*_KNOBS, Parameter("feedback", 0, 1, "rad", doc="depth of self-modulation: from a sine towards a saw"))

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        envelope: Tensor,
        *,
        coarse: Tensor,
        fine: Tensor,
        level: Tensor,
        feedback: Tensor,
    ) -> ModulatedSine:
        """Takes a MIDI note (batch,) and a control signal for level."""
        turns, own_hz = _unmodulated(midi_f0, coarse, fine, envelope, clock)
        feedback = torch.minimum(feedback, operators.largest_feedback(clock.sample_rate / 2 / own_hz.amax(dim=1)))
        audio = operators.feedback_sine(turns, clock.constant(feedback))
        highest_hz = own_hz * operators.n_harmonics(feedback)[:, None]
        return ModulatedSine(audio, _level(level, envelope), highest_hz)


def _unmodulated(
    midi_f0: Tensor, coarse: Tensor, fine: Tensor, envelope: Tensor, clock: Clock
) -> tuple[Tensor, Tensor]:
    """Phase before modulation, audio in turns, and frequency, a control signal in Hz."""
    steady_hz = _frequency_hz(midi_f0, coarse, fine, clock)[:, None].expand_as(envelope)
    return phase.glide(steady_hz, torch.zeros_like(midi_f0), clock), clock.bent(steady_hz)


def _frequency_hz(midi_f0: Tensor, coarse: Tensor, fine: Tensor, clock: Clock) -> Tensor:
    ratio = chosen(coarse, 16)
    frequency_hz = oscillators.midi_to_hz(midi_f0 + fine) * torch.where(ratio < 1, 0.5, ratio)
    # Above the highest frequency it plays the nearest octave below.
    octaves = (frequency_hz.detach() / (_HIGHEST * clock.sample_rate)).log2().ceil().clamp_min(0)
    return frequency_hz / torch.exp2(octaves)


def _level(level: Tensor, envelope: Tensor) -> Tensor:
    return (10 ** (level / 20))[:, None] * envelope
