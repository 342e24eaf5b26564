"""VoiceFM: the shares of its oscillators, and the depth of frequency modulation."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control, envelopes
from doppelganger.labels.causes.voice import oscillator_shares, power, square_saw, track_hz, track_power
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a VoiceFM, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    _, note_on_s = rack.keyboard()
    adsr = envelopes(synth, physical, note_on_s)
    lfos = [rack.__dict__[f"lfo_{i}"](adsr[f"lfo_{i}_rate_adsr"]) for i in (1, 2, 3)]
    moved = [lfo * adsr[f"lfo_{i}_amp_adsr"] for i, lfo in enumerate(lfos, start=1)]
    adsrs = [adsr[f"adsr_{i}"] for i in (1, 2, 3)]
    pitch_1, amp_1, pitch_2, amp_2, pitch_3, amp_3, amp_noise = rack.mod_matrix(*adsrs, *moved)

    sine, rich, noise = (
        power(amp, knob[f"mixer.{name}"]) for name, amp in (("vco_1", amp_1), ("vco_2", amp_2), ("noise", amp_noise))
    )
    fm = knob["mixer.vco_4"].square()
    # A carrier with its modulator may have any timbre: its power counts as neither sine, square nor saw.
    shares = oscillator_shares(sine, *square_saw(rich, knob["vco_2.shape"]), noise + 1.5 * fm, measured)
    modulator_hz = track_hz(synth, knob, 3, pitch_3).gather(1, amp_3.argmax(dim=1, keepdim=True))[:, 0]
    carrier_hz = midi_to_hz(knob["keyboard.midi_f0"] + knob["vco_4.tuning"])
    # Peak frequency deviation is mod_depth times the carrier; the index is deviation / modulator frequency.
    index = knob["vco_4.mod_depth"].abs() * carrier_hz / modulator_hz * amp_3.abs().mean(dim=1)
    loud = fm / 2 > 0.3 * (sine / 2 + rich / 2 + noise / 3)
    still_hz = carrier_hz.clamp_max(synth.sample_rate / 2)[:, None].expand_as(amp_1)
    hz = torch.stack([*(track_hz(synth, knob, i, x) for i, x in ((1, pitch_1), (2, pitch_2))), still_hz], dim=1)
    amps = ((1, amp_1), (2, amp_2), (4, torch.ones_like(amp_1)))
    pitch = facts.pitch_of(hz, torch.stack([track_power(knob, i, amp) for i, amp in amps], dim=1), measured)
    rates = torch.stack([knob[f"lfo_{i}.frequency"] for i in (1, 2, 3)], dim=1)
    return {
        "source": torch.zeros_like(note_on_s),
        **shares,
        "fm_index": facts.only(index, loud & (index > 0.1)),
        **pitch,
        "vibrato_hz": facts.vibrato_hz(rates, pitch["pitch_hz"], measured),
        "tremolo_hz": facts.confirmed("tremolo_hz", rates, measured),
    }


CAUSES = Causes(
    sources={"FM synth": ("fm synth note", "fm synthesizer tone", "synth tone")},
    facts=(facts.SOURCE, facts.SINE, facts.SQUARE, facts.SAW, facts.FM_INDEX),
    from_theta=facts_from_theta,
)
