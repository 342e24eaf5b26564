"""Unison VCO: detuned band-limited saws and pulses."""

import math

import torch
from torch import Tensor

from synths.dsp import bandlimited, oscillators, phase
from synths.dsp.bounds import between
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class UnisonVCO(Module):
    """Detuned copies of a wave between saw and pulse.

    Args:
        n_copies: number of copies.
    """

    knobs = (
        Parameter("tuning", -12, 12, "semitone", doc="pitch above or below the key"),
        Parameter(
            "mod_depth", -24, 24, "semitone", curve=0.2, symmetric=True, doc="how far modulation moves the pitch"
        ),
        Parameter("initial_phase", -math.pi, math.pi, "rad", doc="phase at time 0"),
        Parameter("shape", 0, 1, "ratio", doc="0 is saw, 1 is pulse"),
        Parameter("width", 0.05, 0.95, "ratio", doc="duty cycle of a pulse"),
        Parameter("spread", 0, 1, "ratio", doc="phase offsets of the copies: at 0 they start in phase, and loud"),
        Parameter("detune", 0, 1, "semitone", curve=0.4, doc="from the lowest copy to the highest"),
    )

    def __init__(self, n_copies: int = 3):
        self.n_copies = n_copies

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
        width: Tensor,
        spread: Tensor,
        detune: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,) and a control signal for pitch; returns audio of about 1."""
        midi = (midi_f0 + tuning)[:, None] + mod_depth[:, None] * pitch
        out = torch.zeros((), dtype=clock.dtype, device=clock.device)
        for copy in range(self.n_copies):
            place = copy / max(1, self.n_copies - 1) - 0.5
            frequency_hz = oscillators.midi_to_hz(between(midi + detune[:, None] * place, 0, 127))
            turns = phase.glide(frequency_hz, initial_phase + 2 * math.pi * spread * place, clock)
            out = out + bandlimited.saw_pulse(turns, frequency_hz, shape, width, clock)
        return out / self.n_copies
