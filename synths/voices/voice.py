"""Voice: torchsynth's monophonic synthesizer."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import ADSR, LFO, VCA, Keyboard, Mixer, ModulationMatrix, Noise, SineVCO, SquareSawVCO
from synths.notes.touch import Touch


class Voice(Instrument):
    """One note of a classic synthesizer: a sine, a square-saw and noise, modulated by envelopes and LFOs.

    78 parameters: keyboard 2, six ADSRs of 5, two LFOs of 8, a modulation matrix of 4 x 5, a sine VCO
    of 3, a square-saw VCO of 4 and a mixer of 3.

    Gradient: zero through the square shape of the LFOs and where pitch is held at MIDI 0 or 127.

    Source: torchsynth 1.0.2, `Voice` (Turian et al., One Billion Audio Sounds from GPU-enabled Modular
    Synthesis, 2021). It differs in that every sound has its own noise, phase is the integral of
    frequency in double precision, and control signals are aligned with the samples they were computed for.
    """

    touch = Touch(
        knobs={"mixer.vco_2": 0.5},
        release=("adsr_1.release", "adsr_2.release", "lfo_1_amp_adsr.release", "lfo_2_amp_adsr.release"),
    )

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(),
            "adsr_1": ADSR(),
            "adsr_2": ADSR(),
            "lfo_1": LFO(),
            "lfo_2": LFO(),
            "lfo_1_amp_adsr": ADSR(),
            "lfo_2_amp_adsr": ADSR(),
            "lfo_1_rate_adsr": ADSR(),
            "lfo_2_rate_adsr": ADSR(),
            "mod_matrix": ModulationMatrix(
                sources=("adsr_1", "adsr_2", "lfo_1", "lfo_2"),
                targets=("vco_1_pitch", "vco_1_amp", "vco_2_pitch", "vco_2_amp", "noise_amp"),
            ),
            "vco_1": SineVCO(),
            "vco_2": SquareSawVCO(),
            "noise": Noise(),
            "vca": VCA(),
            "mixer": Mixer({"vco_1": 1.0, "vco_2": 1.0, "noise": 0.025}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()

        lfo_1 = rack.lfo_1(rack.lfo_1_rate_adsr(note_on_s)) * rack.lfo_1_amp_adsr(note_on_s)
        lfo_2 = rack.lfo_2(rack.lfo_2_rate_adsr(note_on_s)) * rack.lfo_2_amp_adsr(note_on_s)
        adsr_1, adsr_2 = rack.adsr_1(note_on_s), rack.adsr_2(note_on_s)

        vco_1_pitch, vco_1_amp, vco_2_pitch, vco_2_amp, noise_amp = rack.mod_matrix(adsr_1, adsr_2, lfo_1, lfo_2)

        vco_1 = rack.vca(rack.vco_1(midi_f0, vco_1_pitch), vco_1_amp)
        vco_2 = rack.vca(rack.vco_2(midi_f0, vco_2_pitch), vco_2_amp)
        noise = rack.vca(rack.noise(key), noise_amp)

        return rack.mixer(vco_1, vco_2, noise)
