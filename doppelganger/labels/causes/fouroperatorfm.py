"""FourOperatorFM: modulation index and ratio of the loudest carrier."""

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs, control
from doppelganger.labels.measure.measurements import Measurements
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument
from synths.modules.operator import FULL_INDEX


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a FourOperatorFM, each (batch,)."""
    knob, rack = Knobs(synth.space, physical), control(synth, physical)
    wire, carriers = rack.algorithm()
    ratio = torch.stack([_ratio(knob[f"op_{i}.coarse"]) for i in (1, 2, 3, 4)], dim=1)
    level = torch.stack([10 ** (knob[f"op_{i}.level"] / 20) for i in (1, 2, 3, 4)], dim=1)
    gain = torch.stack([knob[f"output.op_{i}"] * carriers[i] for i in (1, 2, 3, 4)], dim=1)
    loudest = (gain * level).argmax(dim=1, keepdim=True)

    # Modulation index of each operator on the loudest carrier.
    none = torch.zeros_like(knob["op_1.level"])
    wires = torch.stack(
        [torch.stack([wire.get((m, c), none) for m in (1, 2, 3, 4)], dim=1) for c in (1, 2, 3, 4)], dim=1
    )
    onto = wires.gather(1, loudest[:, :, None].expand(-1, -1, 4))[:, 0] * level * FULL_INDEX
    index, modulator = onto.max(dim=1, keepdim=True)
    against = (ratio.gather(1, modulator) / ratio.gather(1, loudest))[:, 0]
    modulated = (index[:, 0] > 0.2) & (measured.facts["overtones_db"].nan_to_num(nan=0) > -25)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    pitches = torch.cat([f0_hz[:, None], f0_hz[:, None] * ratio, f0_hz[:, None] / 2], dim=1)
    # Feedback adds harmonics to the fourth operator.
    pure = (onto.amax(dim=1) < 0.2) & ~((loudest[:, 0] == 3) & (knob["op_4.feedback"] > 0.1))
    sine = (gain * level).square().amax(dim=1) / (gain * level).square().sum(dim=1).clamp_min(1e-12)
    return {
        "source": torch.zeros_like(f0_hz),
        "sine_share": facts.only(sine, pure & (measured.facts["harmonicity"] > 0.5)),
        "fm_index": facts.only(index[:, 0], modulated),
        "fm_ratio": facts.only(against, modulated),
        "pitch_hz": facts.confirmed("pitch_hz", pitches, measured),
    }


def _ratio(coarse: Tensor) -> Tensor:
    whole = coarse.floor().clamp(0, 15)
    return torch.where(whole < 1, 0.5, whole)


CAUSES = Causes(
    sources={"FM keys": ("fm synth note", "digital fm tone", "digital synth tone")},
    facts=(facts.SOURCE, facts.SINE, facts.FM_INDEX, facts.FM_RATIO),
    from_theta=facts_from_theta,
)
