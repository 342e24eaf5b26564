"""A patch at control rate: its envelopes, LFOs and modulation, without the audio."""

from typing import Any

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.instrument import Instrument
from synths.modules import ADSR
from synths.parameters import ParameterSpace

_RATE_HZ = 40


class Knobs:
    """Physical values (batch, n_parameters) by parameter name: (batch,), in the parameter's unit."""

    def __init__(self, space: ParameterSpace, physical: Tensor):
        self._space, self._physical = space, physical

    def __getitem__(self, name: str) -> Tensor:
        return self._physical[:, self._space.column(name)]


def control(synth: Instrument, physical: Tensor) -> Any:
    """The modules of a synth as attributes, at a control rate of 40 Hz.

    Args:
        synth: the instrument.
        physical: (batch, n_parameters), the values that the modules' parameters are set to.
    """
    return synth.rack_at(_clock(synth, physical.device), physical)


def envelopes(synth: Instrument, physical: Tensor, note_on_s: Tensor) -> dict[str, Tensor]:
    """Every ADSR of a synth with one keyboard, in one pass at 40 Hz: slot -> (batch, n)."""
    knob = Knobs(synth.space, physical)
    slots = [slot for slot, module in synth.rack.items() if isinstance(module, ADSR)]
    values = {each.name: torch.cat([knob[f"{slot}.{each.name}"] for slot in slots]) for each in ADSR.knobs}
    played = ADSR().forward(_clock(synth, physical.device), note_on_s.repeat(len(slots)), **values)
    return dict(zip(slots, played.chunk(len(slots)), strict=True))


def _clock(synth: Instrument, device: torch.device) -> Clock:
    return Clock(_RATE_HZ, 1, max(1, round(synth.seconds * _RATE_HZ)), device, torch.float64)
