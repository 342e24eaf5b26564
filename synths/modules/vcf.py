"""VCF: a filter whose cutoff is modulated."""

from torch import Tensor

from synths.dsp import filters, oscillators
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class VCF(Module):
    """A resonant filter, 12 dB per octave, that morphs from low-pass over band-pass to high-pass."""

    knobs = (
        Parameter("cutoff", 24, 128, "semitone", doc="as a MIDI note; 69 is 440 Hz"),
        Parameter("resonance", 0.5, 20, "Q", curve=0.35, doc="peak at the cutoff"),
        Parameter("mode", 0, 2, curve=0.5, doc="0 is low-pass, 1 band-pass, 2 high-pass; it morphs between them"),
        Parameter("key_follow", 0, 1, "ratio", doc="how far the cutoff follows the key, around middle C"),
        Parameter(
            "mod_depth", -72, 72, "semitone", curve=0.7, symmetric=True, doc="how far modulation moves the cutoff"
        ),
    )

    def forward(
        self,
        clock: Clock,
        audio: Tensor,
        midi_f0: Tensor,
        modulation: Tensor,
        *,
        cutoff: Tensor,
        resonance: Tensor,
        mode: Tensor,
        key_follow: Tensor,
        mod_depth: Tensor,
    ) -> Tensor:
        """Takes audio, a MIDI note (batch,) and a control signal for the cutoff; returns audio."""
        still = cutoff + key_follow * (midi_f0 - 60)
        cutoff_hz = oscillators.midi_to_hz(still[:, None] + mod_depth[:, None] * modulation)
        low, band, high = (1 - mode).clamp_min(0), 1 - (mode - 1).abs(), (mode - 1).clamp_min(0)
        return filters.state_variable(audio, cutoff_hz, resonance, clock, low=low, band=band, high=high)
