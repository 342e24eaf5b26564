"""Voice: which oscillator is measured, and what shakes it."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.control import Knobs, control, envelopes
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument

SOURCES = {"synth": ("synth note", "synthesizer tone", "synth sound")}
FACTS = (facts.SOURCE, facts.SINE, facts.SQUARE, facts.SAW)
RULES = ()


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
    pitches = [pitch_hz(knob, i, pitch, amp) for i, pitch, amp in ((1, pitch_1, amp_1), (2, pitch_2, amp_2))]
    rates = torch.stack([knob[f"lfo_{i}.frequency"] for i in (1, 2)], dim=1)
    return {
        "source": torch.zeros_like(note_on_s),
        **shares,
        "pitch_hz": facts.confirmed("pitch_hz", torch.stack(pitches, dim=1), measured),
        "vibrato_hz": facts.confirmed("vibrato_hz", rates, measured),
        "tremolo_hz": facts.confirmed("tremolo_hz", rates, measured),
    }


def power(amp: Tensor, level: Tensor) -> Tensor:
    """Mean power of an oscillator with this amplitude over time (batch, n) at this level of the mixer."""
    return (amp * level[:, None]).square().mean(dim=1)


def square_saw(power: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Squares of the amplitudes of the square and the saw in one oscillator, given that of the oscillator.

    Its wave, `dsp.oscillators.square_saw`, is (1 - shape / 2) ((1 - shape) square + 2 shape saw).
    """
    power = power * (1 - shape / 2) ** 2
    return power * (1 - shape) ** 2, power * (2 * shape) ** 2


def oscillator_shares(
    sine: Tensor, square: Tensor, saw: Tensor, noise: Tensor, measured: Measurements
) -> dict[str, Tensor]:
    """Shares of the power of three waves, where waves can be heard at all, and as what they are."""
    # A sine of amplitude 1 has a power of a half, white noise or a saw a third, a square nearly one.
    each = torch.stack([sine / 2, square, saw / 3, noise / 3])
    share = each / each.sum(dim=0).clamp_min(1e-12)
    tone = measured.facts["noise_share"] < 0.5
    # High up nothing is left of a wave but its fundamental.
    rich = tone & (measured.facts["overtones_db"].nan_to_num(nan=-99) > -20)
    return {
        "sine_share": facts.only(share[0], tone),
        "square_share": facts.only(share[1], rich),
        "saw_share": facts.only(share[2], rich),
    }


def pitch_hz(knob: Knobs, number: int, pitch: Tensor, amp: Tensor, keyboard: str = "keyboard") -> Tensor:
    """Where an oscillator is while it is loudest, in Hz: (batch,)."""
    midi = (knob[f"{keyboard}.midi_f0"] + knob[f"vco_{number}.tuning"])[:, None]
    midi = (midi + knob[f"vco_{number}.mod_depth"][:, None] * pitch).clamp(0, 127)
    loudest = amp.argmax(dim=1, keepdim=True)
    return midi_to_hz(midi.gather(1, loudest)[:, 0])
