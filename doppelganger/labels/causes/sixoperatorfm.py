"""SixOperatorFM: modulation index and ratio of the loudest carrier."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control
from doppelganger.labels.causes.operators import facts_of_operators
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument
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
    f0_hz = midi_to_hz(note.midi)
    pitches = torch.cat([f0_hz[:, None], frequency_hz, f0_hz[:, None] / 2], dim=1)
    own = torch.stack([looped[i] for i in OPERATORS], dim=1) > 0
    audible = own & (knob["algorithm.feedback"] > 0.1)[:, None]
    return facts_of_operators(frequency_hz, level, gain, wires, audible, pitches, measured)


CAUSES = Causes(
    sources={"six-operator FM": ("fm keyboard note", "six operator fm tone", "digital keyboard tone")},
    facts=(facts.SOURCE, facts.SINE, facts.FM_INDEX, facts.FM_RATIO),
    from_theta=facts_from_theta,
)
