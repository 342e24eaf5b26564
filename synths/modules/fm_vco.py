"""FM VCO: an oscillator whose frequency is modulated by audio."""

import math

from torch import Tensor

from synths.dsp import fm, oscillators
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class FmVCO(Module):
    """A sine whose frequency is modulated by audio, in Hz: the carrier of frequency modulation.

    Source: SynthAX 0.2.2 and torchsynth 1.0.2, `FmVCO`. There a sample's phase already holds the step
    to the next sample; here phase is `initial_phase` at time 0, and the same sound is one sample later.
    """

    knobs = (
        Parameter("tuning", -24, 24, "semitone", doc="pitch above or below the key"),
        Parameter(
            "mod_depth",
            -96,
            96,
            "ratio",
            curve=0.2,
            symmetric=True,
            doc="how far the modulator moves the frequency, in multiples of it",
        ),
        Parameter("initial_phase", -math.pi, math.pi, "rad", doc="phase at time 0"),
    )

    def forward(
        self,
        clock: Clock,
        midi_f0: Tensor,
        modulator: Tensor,
        *,
        tuning: Tensor,
        mod_depth: Tensor,
        initial_phase: Tensor,
    ) -> Tensor:
        """Takes a MIDI note (batch,) and audio, the modulator; returns audio in [-1, 1]."""
        carrier_hz = oscillators.midi_to_hz(midi_f0 + tuning)
        return oscillators.sine(fm.modulated(carrier_hz, mod_depth, modulator, initial_phase, clock))
