"""ParametricSynth: the shares of its audible oscillators, and its pitch."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control
from doppelganger.labels.causes.voice import oscillator_shares, power, square_saw, track_hz, track_power
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.modules import SineVCO
from synths.voices.parametric import ParametricSynth


def facts_from_theta(synth: ParametricSynth, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a ParametricSynth, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), vars(control(synth, physical))
    numbers = range(1, synth.n_vcos + 1)
    note_on_s = [rack[f"keyboard_{i}"]()[1] for i in numbers]
    adsrs = [rack[f"adsr_{i}"](on_s) for i, on_s in zip(numbers, note_on_s, strict=True)]
    lfos = [
        rack[f"lfo_{i}"](rack[f"lfo_{i}_rate_adsr"](on_s)) * rack[f"lfo_{i}_amp_adsr"](on_s)
        for i, on_s in zip(numbers, note_on_s, strict=True)
    ]
    *pitch_and_amp, noise_amp = rack["mod_matrix"](*adsrs, *lfos)
    moved = list(zip(numbers, pitch_and_amp[::2], pitch_and_amp[1::2], strict=True))[: synth.n_mixed]

    noise = power(noise_amp, knob["mixer.noise"])
    sine, square, saw = (torch.zeros_like(noise) for _ in range(3))
    for i, _, amp in moved:
        each = power(amp, knob[f"mixer.vco_{i}"])
        if isinstance(synth.rack[f"vco_{i}"], SineVCO):
            sine = sine + each
        else:
            squares, saws = square_saw(each, knob[f"vco_{i}.shape"])
            square, saw = square + squares, saw + saws
    # A carrier with its modulator may have any timbre: its power counts as neither sine, square nor saw.
    pairs = [knob[name].square() for name in synth.space.names if name.startswith("mixer.vco_")][synth.n_mixed :]
    other = noise + 1.5 * sum(pairs, torch.zeros_like(noise))
    hz = [track_hz(synth, knob, i, pitch, f"keyboard_{i}") for i, pitch, _ in moved]
    powers = [track_power(knob, i, amp) for i, _, amp in moved]
    for pair in range(1, len(pairs) + 1):
        key, carrier = knob[f"keyboard_{synth.n_mixed + pair}.midi_f0"], synth.n_vcos + pair
        still_hz = midi_to_hz(key + knob[f"vco_{carrier}.tuning"]).clamp_max(synth.sample_rate / 2)
        hz.append(still_hz[:, None].expand_as(noise_amp))
        powers.append(track_power(knob, carrier, torch.ones_like(noise_amp)))
    pitch = facts.pitch_of(torch.stack(hz, dim=1), torch.stack(powers, dim=1), measured)
    rates = torch.stack([knob[f"lfo_{i}.frequency"] for i in numbers], dim=1)
    return {
        "source": torch.zeros_like(noise),
        **oscillator_shares(sine, square, saw, other, measured),
        **pitch,
        "vibrato_hz": facts.vibrato_hz(rates, pitch["pitch_hz"], measured),
        "tremolo_hz": facts.confirmed("tremolo_hz", rates, measured),
    }


CAUSES = Causes(
    sources={"modular synth": ("modular synth note", "synthesizer tone", "synth tone")},
    facts=(facts.SOURCE, facts.SINE, facts.SQUARE, facts.SAW),
    from_theta=facts_from_theta,
)
