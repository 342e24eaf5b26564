"""Subtractive: unison oscillators through a resonant filter."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import (
    ADSR,
    LFO,
    VCA,
    VCF,
    Chorus,
    DCBlocker,
    Distortion,
    Keyboard,
    Mixer,
    ModulationMatrix,
    Noise,
    SineVCO,
    UnisonVCO,
)
from synths.notes.touch import Touch


class Subtractive(Instrument):
    """One note of an analogue synthesizer: unison saws or pulses, a sub, noise; drive, filter, chorus.

    Gradient: zero through the square shape of the LFO and where pitch is held at MIDI 0 or 127.

    Source: the signal path of the Minimoog and its heirs; the filter is of Zavalishin, The Art of VA
    Filter Design, 2018, section 4.
    """

    revision = 3
    touch = Touch(knobs={"vcf.cutoff": 30}, release=("amp_adsr.release",))

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(lowest=24, highest=96),
            "amp_adsr": ADSR(),
            "mod_adsr": ADSR(),
            "lfo_adsr": ADSR(),
            "lfo": LFO(),
            "mod_matrix": ModulationMatrix(sources=("mod_adsr", "lfo"), targets=("vco_pitch", "vcf_cutoff")),
            "vco": UnisonVCO(),
            "sub": SineVCO(),
            "noise": Noise(),
            "mixer": Mixer({"vco": 2.0, "sub": 0.7, "noise": 0.3}, scaled=False),  # the drive bounds it
            "distortion": Distortion(),
            "dc_blocker": DCBlocker(),
            "vcf": VCF(),
            "vca": VCA(),
            "chorus": Chorus(),
            "output": Mixer({"voice": 2.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()

        lfo_adsr = rack.lfo_adsr(note_on_s)
        lfo = rack.lfo(lfo_adsr) * lfo_adsr
        vco_pitch, vcf_cutoff = rack.mod_matrix(rack.mod_adsr(note_on_s), lfo)

        vco = rack.vco(midi_f0, vco_pitch)
        sub = rack.sub(midi_f0 - 12, vco_pitch)
        mix = rack.mixer(vco, sub, rack.noise(key))

        driven = rack.dc_blocker(rack.distortion(mix))
        filtered = rack.vcf(driven, midi_f0, vcf_cutoff)
        return rack.output(rack.chorus(rack.vca(filtered, rack.amp_adsr(note_on_s))))
