"""VCOs: audio-rate oscillators controlled by pitch."""

import math

from torch import Tensor

from synths.dsp import oscillators, phase
from synths.dsp.bounds import between
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_PITCH_KNOBS = (
    Parameter("tuning", -24, 24, "semitone", doc="pitch above or below the key"),
    Parameter("mod_depth", -96, 96, "semitone", curve=0.2, symmetric=True, doc="how far modulation moves the pitch"),
    Parameter("initial_phase", -math.pi, math.pi, "rad", doc="phase at time 0"),
)


class SineVCO(Module):
    """A sine.

    Source: torchsynth 1.0.2, `SineVCO`.
    """

    knobs = _PITCH_KNOBS

    def forward(
        self, clock: Clock, midi_f0: Tensor, pitch: Tensor, *, tuning: Tensor, mod_depth: Tensor, initial_phase: Tensor
    ) -> Tensor:
        """Takes a MIDI note (batch,) and a control signal for pitch; returns audio in [-1, 1]."""
        frequency_hz = _frequency_hz(midi_f0 + tuning, mod_depth, pitch)
        return oscillators.sine(phase.glide(frequency_hz, initial_phase, clock))


class SquareSawVCO(Module):
    """A wave between square and saw, with fewer partials the higher it plays.

    Source: torchsynth 1.0.2, `SquareSawVCO`.
    """

    knobs = (*_PITCH_KNOBS, Parameter("shape", 0, 1, "ratio", doc="0 is square, 1 is saw"))

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        pitch: Tensor,
        *,
        tuning: Tensor,
        mod_depth: Tensor,
        initial_phase: Tensor,
        shape: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,) and a control signal for pitch; returns audio within [-1.5, 1.5]."""
        frequency_hz = _frequency_hz(midi_f0 + tuning, mod_depth, pitch)
        highest_hz = oscillators.midi_to_hz(midi_f0 + tuning + mod_depth.clamp_min(0))
        n_partials = 12000 / (highest_hz * highest_hz.log10())
        turns = phase.glide(frequency_hz, initial_phase, clock)
        return oscillators.square_saw(turns, clock.constant(shape), clock.constant(n_partials))


def _frequency_hz(midi: Tensor, mod_depth: Tensor, pitch: Tensor) -> Tensor:
    return oscillators.midi_to_hz(between(midi[:, None] + mod_depth[:, None] * pitch, 0, 127))
