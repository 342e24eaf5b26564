"""SixOperatorFM: modulation index and ratio of the loudest carrier."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument
from synths.modules.operator import FULL_INDEX
from synths.modules.wiring import OPERATORS, wiring


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a SixOperatorFM, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    note = rack.keyboard()
    key = torch.zeros(len(physical), dtype=torch.int64, device=physical.device)
    _, lowered = rack.lfo(key)
    tones = [getattr(rack, f"op_{i}")(note, lowered) for i in OPERATORS]
    frequency_hz = torch.stack([tone.frequency_hz for tone in tones], dim=1)
    level = torch.stack([tone.level.square().mean(dim=1).sqrt() for tone in tones], dim=1)
    wires, carriers, looped = wiring(knob["algorithm.choice"])
    gain = torch.stack([carriers[i] for i in OPERATORS], dim=1)
    loudest = (gain * level).argmax(dim=1, keepdim=True)

    # Modulation index of each operator on the loudest carrier.
    none = torch.zeros_like(level[:, 0])
    wired = torch.stack([torch.stack([wires.get((m, c), none) for m in OPERATORS], dim=1) for c in OPERATORS], dim=1)
    onto = wired.gather(1, loudest[:, :, None].expand(-1, -1, 6))[:, 0] * level * FULL_INDEX
    index, modulator = onto.max(dim=1, keepdim=True)
    against = (frequency_hz.gather(1, modulator) / frequency_hz.gather(1, loudest))[:, 0]
    modulated = (index[:, 0] > 0.2) & (measured.facts["overtones_db"].nan_to_num(nan=0) > -25)
    f0_hz = midi_to_hz(note.midi)
    pitches = torch.cat([f0_hz[:, None], frequency_hz, f0_hz[:, None] / 2], dim=1)
    # Feedback adds harmonics.
    own = torch.stack([looped[i] for i in OPERATORS], dim=1).gather(1, loudest)[:, 0] > 0
    pure = (onto.amax(dim=1) < 0.2) & ~(own & (knob["algorithm.feedback"] > 0.1))
    sine = (gain * level).square().amax(dim=1) / (gain * level).square().sum(dim=1).clamp_min(1e-12)
    return {
        "source": torch.zeros_like(f0_hz),
        "sine_share": facts.only(sine, pure & (measured.facts["harmonicity"] > 0.5)),
        "fm_index": facts.only(index[:, 0], modulated),
        "fm_ratio": facts.only(against, modulated),
        "pitch_hz": facts.confirmed("pitch_hz", pitches, measured),
    }


CAUSES = Causes(
    sources={"six-operator FM": ("fm keyboard note", "six operator fm tone", "digital keyboard tone")},
    facts=(facts.SOURCE, facts.SINE, facts.FM_INDEX, facts.FM_RATIO),
    from_theta=facts_from_theta,
)
