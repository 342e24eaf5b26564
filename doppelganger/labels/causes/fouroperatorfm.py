"""FourOperatorFM: modulation index and ratio of the loudest carrier."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control
from doppelganger.labels.causes.operators import facts_of_operators
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a FourOperatorFM, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    wires, carriers = rack.algorithm()
    ratio = torch.stack([_ratio(knob[f"op_{i}.coarse"]) for i in (1, 2, 3, 4)], dim=1)
    level = torch.stack([10 ** (knob[f"op_{i}.level"] / 20) for i in (1, 2, 3, 4)], dim=1)
    gain = torch.stack([knob[f"output.op_{i}"] * carriers[i] for i in (1, 2, 3, 4)], dim=1)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    fine = torch.stack([knob[f"op_{i}.fine"] for i in (1, 2, 3, 4)], dim=1)
    tuned_hz = f0_hz[:, None] * ratio * torch.exp2(fine / 12)
    pitches = torch.cat([f0_hz[:, None], tuned_hz, f0_hz[:, None] / 2], dim=1)
    looped = torch.zeros_like(level, dtype=torch.bool)
    looped[:, 3] = knob["op_4.feedback"] > 0.1
    return facts_of_operators(ratio, level, gain, wires, looped, pitches, measured)


def _ratio(coarse: Tensor) -> Tensor:
    whole = coarse.floor().clamp(0, 15)
    return torch.where(whole < 1, 0.5, whole)


CAUSES = Causes(
    sources={"FM keys": ("fm synth note", "digital fm tone", "digital synth tone")},
    facts=(facts.SOURCE, facts.SINE, facts.FM_INDEX, facts.FM_RATIO),
    from_theta=facts_from_theta,
)
