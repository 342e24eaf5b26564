"""Operators that modulate each other's phase: modulation index and ratio of the loudest carrier."""

from collections.abc import Mapping

import torch
from torch import Tensor

from doppelganger.labels.causes import facts
from doppelganger.labels.measure.measurements import Measurements
from synths.modules.operator import FULL_INDEX


def facts_of_operators(
    frequency: Tensor,
    level: Tensor,
    gain: Tensor,
    wires: Mapping[tuple[int, int], Tensor],
    looped: Tensor,
    pitches: Tensor,
    measured: Measurements,
) -> dict[str, Tensor]:
    """Facts of n operators, each (batch,).

    Args:
        frequency: (batch, n), in any unit: only ratios count.
        level: (batch, n), amplitude of each operator.
        gain: (batch, n), of each operator as a carrier; 0 where it is none.
        wires: (modulator, carrier), counted from 1, -> gain of the wire (batch,); a pair that is missing has none.
        looped: bool (batch, n), whether an operator has audible feedback.
        pitches: (batch, n_pitches), candidates for the pitch, in Hz.
        measured: what was measured on the sounds.
    """
    operators = range(1, level.shape[1] + 1)
    loudest = (gain * level).argmax(dim=1, keepdim=True)
    # Modulation index of each operator on the loudest carrier.
    none = torch.zeros_like(level[:, 0])
    wired = torch.stack([torch.stack([wires.get((m, c), none) for m in operators], dim=1) for c in operators], dim=1)
    onto = wired.gather(1, loudest[:, :, None].expand(-1, -1, len(operators)))[:, 0] * level * FULL_INDEX
    index, modulator = onto.max(dim=1, keepdim=True)
    ratio = (frequency.gather(1, modulator) / frequency.gather(1, loudest))[:, 0]
    modulated = (index[:, 0] > 0.2) & (measured.facts["overtones_db"].nan_to_num(nan=0) > -25)
    # Feedback adds harmonics.
    pure = (index[:, 0] < 0.2) & ~looped.gather(1, loudest)[:, 0]
    power = (gain * level).square()
    sine = power.amax(dim=1) / power.sum(dim=1).clamp_min(1e-12)
    return {
        "source": none,
        "sine_share": facts.only(sine, pure & (measured.facts["harmonicity"] > 0.5)),
        "fm_index": facts.only(index[:, 0], modulated),
        "fm_ratio": facts.only(ratio, modulated),
        "pitch_hz": facts.confirmed("pitch_hz", pitches, measured),
    }
