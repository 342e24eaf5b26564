"""VoiceFM: SynthAX's larger voice, with frequency modulation."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import ADSR, LFO, VCA, FmVCO, Keyboard, Mixer, ModulationMatrix, Noise, SineVCO, SquareSawVCO
from synths.notes.touch import Touch


class VoiceFM(Instrument):
    """A Voice with a third envelope and LFO, and a pair of sines in frequency modulation.

    130 parameters: keyboard 2, nine ADSRs of 5, three LFOs of 8, a modulation matrix of 6 x 7, two sine
    VCOs and an FM VCO of 3, a square-saw VCO of 4 and a mixer of 4. `vco_3` is not in the mix: it
    modulates the frequency of `vco_4`. A sound begins with a step, since `vco_4` sounds from the start to the end.

    Gradient: zero through the square shape of the LFOs, where pitch is held at MIDI 0 or 127, and where
    frequency modulation reaches 0 Hz or half the sample rate. A large `vco_4.mod_depth` makes it steep.

    Source: SynthAX 0.2.2, `VoiceExpanded` (Cherep and Singh, SynthAX: A Fast Modular Synthesizer in JAX,
    2023). It differs in that every sound has its own noise, is scaled by its own peak, and in what
    `Voice` does differently from torchsynth's.
    """

    touch = Touch(knobs={"mixer.vco_2": 0.5}, gated=True)

    def __init__(self, **kwargs):
        rack = {
            "keyboard": Keyboard(),
            "adsr_1": ADSR(),
            "adsr_2": ADSR(),
            "adsr_3": ADSR(),
            "lfo_1": LFO(),
            "lfo_2": LFO(),
            "lfo_3": LFO(),
            "lfo_1_amp_adsr": ADSR(),
            "lfo_2_amp_adsr": ADSR(),
            "lfo_3_amp_adsr": ADSR(),
            "lfo_1_rate_adsr": ADSR(),
            "lfo_2_rate_adsr": ADSR(),
            "lfo_3_rate_adsr": ADSR(),
            "mod_matrix": ModulationMatrix(
                sources=("adsr_1", "adsr_2", "adsr_3", "lfo_1", "lfo_2", "lfo_3"),
                targets=(
                    "vco_1_pitch",
                    "vco_1_amp",
                    "vco_2_pitch",
                    "vco_2_amp",
                    "vco_3_pitch",
                    "vco_3_amp",
                    "noise_amp",
                ),
            ),
            "vco_1": SineVCO(),
            "vco_2": SquareSawVCO(),
            "vco_3": SineVCO(),
            "vco_4": FmVCO(),
            "noise": Noise(),
            "vca": VCA(),
            "mixer": Mixer({"vco_1": 1.0, "vco_2": 1.0, "vco_4": 1.0, "noise": 1.0}),
        }
        super().__init__(rack, **kwargs)

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0, note_on_s = rack.keyboard()

        lfo_1 = rack.lfo_1(rack.lfo_1_rate_adsr(note_on_s)) * rack.lfo_1_amp_adsr(note_on_s)
        lfo_2 = rack.lfo_2(rack.lfo_2_rate_adsr(note_on_s)) * rack.lfo_2_amp_adsr(note_on_s)
        lfo_3 = rack.lfo_3(rack.lfo_3_rate_adsr(note_on_s)) * rack.lfo_3_amp_adsr(note_on_s)
        adsr_1, adsr_2, adsr_3 = rack.adsr_1(note_on_s), rack.adsr_2(note_on_s), rack.adsr_3(note_on_s)

        vco_1_pitch, vco_1_amp, vco_2_pitch, vco_2_amp, vco_3_pitch, vco_3_amp, noise_amp = rack.mod_matrix(
            adsr_1, adsr_2, adsr_3, lfo_1, lfo_2, lfo_3
        )

        vco_1 = rack.vca(rack.vco_1(midi_f0, vco_1_pitch), vco_1_amp)
        vco_2 = rack.vca(rack.vco_2(midi_f0, vco_2_pitch), vco_2_amp)
        vco_3 = rack.vca(rack.vco_3(midi_f0, vco_3_pitch), vco_3_amp)
        vco_4 = rack.vco_4(midi_f0, vco_3)
        noise = rack.vca(rack.noise(key), noise_amp)

        return rack.mixer(vco_1, vco_2, vco_4, noise)
