"""Voice: the shares of its oscillators, and its pitch."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control, envelopes
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Voice, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    _, note_on_s = rack.keyboard()
    adsr = envelopes(synth, physical, note_on_s)
    lfos = [rack.lfo_1(adsr["lfo_1_rate_adsr"]), rack.lfo_2(adsr["lfo_2_rate_adsr"])]
    moved = [lfo * adsr[f"lfo_{i}_amp_adsr"] for i, lfo in enumerate(lfos, start=1)]
    pitch_1, amp_1, pitch_2, amp_2, amp_noise = rack.mod_matrix(adsr["adsr_1"], adsr["adsr_2"], *moved)
    sine, rich, noise = (
        power(amp, knob[f"mixer.{name}"]) for name, amp in (("vco_1", amp_1), ("vco_2", amp_2), ("noise", amp_noise))
    )
    shares = oscillator_shares(sine, *square_saw(rich, knob["vco_2.shape"]), noise, measured)
    hz = torch.stack([track_hz(synth, knob, i, pitch) for i, pitch in ((1, pitch_1), (2, pitch_2))], dim=1)
    powers = torch.stack([track_power(knob, i, amp) for i, amp in ((1, amp_1), (2, amp_2))], dim=1)
    pitch = facts.pitch_of(hz, powers, measured)
    rates = torch.stack([knob[f"lfo_{i}.frequency"] for i in (1, 2)], dim=1)
    return {
        "source": torch.zeros_like(note_on_s),
        **shares,
        **pitch,
        "vibrato_hz": facts.vibrato_hz(rates, pitch["pitch_hz"], measured),
        "tremolo_hz": facts.confirmed("tremolo_hz", rates, measured),
    }


def power(amp: Tensor, level: Tensor) -> Tensor:
    """Mean power of an oscillator, (batch,), from its amplitude (batch, n) and its mixer level."""
    return (amp * level[:, None]).square().mean(dim=1)


def square_saw(power: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Powers of the square and of the saw in one oscillator, each (batch,), from the power of its amplitude.

    wave = (1 - shape / 2) ((1 - shape) square + 2 shape saw), as in `dsp.oscillators.square_saw`.
    """
    power = power * (1 - shape / 2) ** 2
    return power * (1 - shape) ** 2, power * (2 * shape) ** 2


def oscillator_shares(
    sine: Tensor, square: Tensor, saw: Tensor, noise: Tensor, measured: Measurements
) -> dict[str, Tensor]:
    """Shares of the power of three waves, nan where they are not audible as such: fact -> (batch,).

    Args:
        sine, square, saw, noise: mean squared amplitude of each: (batch,).
        measured: measurements of the sounds.
    """
    # At amplitude 1, a sine has a power of 1/2, white noise and a saw 1/3, a square 1.
    each = torch.stack([sine / 2, square, saw / 3, noise / 3])
    share = each / each.sum(dim=0).clamp_min(1e-12)
    tone = measured.facts["noise_share"] < 0.5
    # At high pitches only the fundamental lies below half the sample rate.
    rich = tone & (measured.facts["overtones_db"].nan_to_num(nan=-99) > -20)
    return {
        "sine_share": facts.only(share[0], tone),
        "square_share": facts.only(share[1], rich),
        "saw_share": facts.only(share[2], rich),
    }


def track_hz(synth: Instrument, knob: Knobs, number: int, pitch: Tensor, keyboard: str = "keyboard") -> Tensor:
    """Frequency of an oscillator over time, in Hz, given its modulation (batch, n): (batch, n)."""
    midi = (knob[f"{keyboard}.midi_f0"] + knob[f"vco_{number}.tuning"])[:, None]
    midi = (midi + knob[f"vco_{number}.mod_depth"][:, None] * pitch).clamp(0, 127)
    return facts.aliased_hz(midi_to_hz(midi), synth.sample_rate)


def track_power(knob: Knobs, number: int, amp: Tensor) -> Tensor:
    """Squared amplitude of an oscillator in the mix over time, from that before the mixer (batch, n): (batch, n)."""
    return (amp * knob[f"mixer.vco_{number}"][:, None]).square()


CAUSES = Causes(
    sources={"synth": ("synth note", "synthesizer tone", "synth tone")},
    facts=(facts.SOURCE, facts.SINE, facts.SQUARE, facts.SAW),
    from_theta=facts_from_theta,
)
