"""A patch at control rate: envelopes, LFOs and what they move, without the sound."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.instrument import Instrument
from synths.parameters import ParameterSpace

_RATE_HZ = 40


def knobs(space: ParameterSpace, physical: Tensor) -> dict[str, Tensor]:
    """Every knob by name, (batch,) in its unit."""
    return dict(zip(space.names, physical.unbind(dim=1), strict=True))


def control(synth: Instrument, physical: Tensor) -> Any:
    """The modules of a synth as attributes, their knobs set: those without audio can be played, 40 values a second."""
    clock = Clock(_RATE_HZ, 1, max(1, round(synth.seconds * _RATE_HZ)), physical.device, torch.float64)
    values = iter(physical.unbind(dim=1))
    return SimpleNamespace(
        **{
            slot: partial(module.forward, clock, **{knob.name: next(values) for knob in module.knobs})
            for slot, module in synth.rack.items()
        }
    )
