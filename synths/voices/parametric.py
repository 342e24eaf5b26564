"""ParametricSynth: a chosen number of oscillators."""

from typing import Any

from torch import Tensor

from synths.instrument import Instrument
from synths.modules import ADSR, LFO, VCA, FmVCO, Keyboard, Mixer, ModulationMatrix, Noise, SineVCO, SquareSawVCO
from synths.notes.touch import Touch


class ParametricSynth(Instrument):
    """A chosen number of oscillators, each with its own key, envelope and LFO, all modulating each other.

    A sound begins with a step, since the carriers of the FM pairs sound from the start to the end.

    Oscillators are numbered in the order of the arguments; the carriers of the FM pairs come last, in the
    order of their modulators, which are not in the mix. As published, with two of each oscillator
    and one of each pair, it has 340 parameters.

    Args:
        sine, square_saw: number of oscillators in the mix.
        fm_sine, fm_square_saw: number of pairs of a sine, or a square-saw, and the carrier it modulates.
        kwargs: see `Instrument`.

    Raises:
        ValueError: a negative number, or no oscillator at all.

    Gradient: as in `VoiceFM`.

    Source: SynthAX 0.2.2, `ParametricSynth` (Cherep and Singh, SynthAX: A Fast Modular Synthesizer in JAX,
    2023). It differs as `VoiceFM` does.
    """

    touch = Touch(gated=True)
    in_bank = False  # its 340 parameters would nearly double the bank's

    def __init__(self, sine: int = 2, square_saw: int = 2, fm_sine: int = 1, fm_square_saw: int = 1, **kwargs):
        counts = {"sine": sine, "square_saw": square_saw, "fm_sine": fm_sine, "fm_square_saw": fm_square_saw}
        if min(counts.values()) < 0 or not any(counts.values()):
            given = ", ".join(f"{name}={count}" for name, count in counts.items())
            raise ValueError(f"expected how many of each oscillator, none negative and one positive; got {given}")
        vcos = [SineVCO] * sine + [SquareSawVCO] * square_saw + [SineVCO] * fm_sine + [SquareSawVCO] * fm_square_saw
        carriers = [FmVCO] * (fm_sine + fm_square_saw)
        n_mixed, n_vcos = sine + square_saw, len(vcos)
        numbers = range(1, n_vcos + 1)

        rack = {}
        for i in numbers:
            rack[f"keyboard_{i}"] = Keyboard()
            rack[f"adsr_{i}"] = ADSR()
            rack[f"lfo_{i}"] = LFO()
            rack[f"lfo_{i}_amp_adsr"] = ADSR()
            rack[f"lfo_{i}_rate_adsr"] = ADSR()
        for i, vco in enumerate(vcos + carriers, start=1):
            rack[f"vco_{i}"] = vco()
        rack["mod_matrix"] = ModulationMatrix(
            sources=[f"adsr_{i}" for i in numbers] + [f"lfo_{i}" for i in numbers],
            targets=[f"vco_{i}_{what}" for i in numbers for what in ("pitch", "amp")] + ["noise_amp"],
        )
        mixed = [i for i in range(1, n_vcos + len(carriers) + 1) if not n_mixed < i <= n_vcos]
        rack["noise"] = Noise()
        rack["vca"] = VCA()
        rack["mixer"] = Mixer({f"vco_{i}": 1.0 for i in mixed} | {"noise": 1.0})
        super().__init__(rack, **kwargs)
        self.n_vcos, self.n_mixed = n_vcos, n_mixed

    @classmethod
    def short_name(cls) -> str:
        return "parametric"

    def patch(self, rack: Any, key: Tensor) -> Tensor:
        midi_f0s, adsrs, lfos = [], [], []
        for i in range(1, self.n_vcos + 1):
            keyboard, adsr, lfo, lfo_amp_adsr, lfo_rate_adsr = (
                getattr(rack, slot)
                for slot in (f"keyboard_{i}", f"adsr_{i}", f"lfo_{i}", f"lfo_{i}_amp_adsr", f"lfo_{i}_rate_adsr")
            )
            midi_f0, note_on_s = keyboard()
            midi_f0s.append(midi_f0)
            adsrs.append(adsr(note_on_s))
            lfos.append(lfo(lfo_rate_adsr(note_on_s)) * lfo_amp_adsr(note_on_s))

        *pitch_and_amp, noise_amp = rack.mod_matrix(*adsrs, *lfos)

        vcos = []
        cables = zip(midi_f0s, pitch_and_amp[::2], pitch_and_amp[1::2], strict=True)
        for i, (midi_f0, pitch, amp) in enumerate(cables, start=1):
            vcos.append(rack.vca(getattr(rack, f"vco_{i}")(midi_f0, pitch), amp))
        mixed, modulators = vcos[: self.n_mixed], vcos[self.n_mixed :]
        for i, modulator in enumerate(modulators, start=1):
            carrier = getattr(rack, f"vco_{self.n_vcos + i}")
            mixed.append(carrier(midi_f0s[self.n_mixed + i - 1], modulator))
        noise = rack.vca(rack.noise(key), noise_amp)

        return rack.mixer(*mixed, noise)
