"""Instrument: a synth made of modules, wired by a patch."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import ParameterSpace
from synths.synth import AudioSynth


class Instrument(AudioSynth):
    """A rack of modules and one patch.

    Args:
        rack: slot name -> module. Its knobs, in this order, are the columns of theta.
        sample_rate: in Hz.
        seconds: length of a sound.
        control_rate: how often envelopes and modulation are computed, in Hz; taken to the nearest
            whole number of samples a frame.
        kwargs: `distribution` and `ranges`, see `Synth`.

    A subclass raises its `revision` when the same theta begins to sound different, and sets `in_bank` to False
    to stay out of the default `SynthBank`.
    """

    revision = 1
    in_bank = True

    def __init__(
        self,
        rack: Mapping[str, Module],
        *,
        sample_rate: int = 44100,
        seconds: float = 4.0,
        control_rate: float = 441.0,
        **kwargs,
    ):
        if not 0 < control_rate <= sample_rate:
            raise ValueError(f"control_rate must be positive and at most sample_rate; got {control_rate} Hz")
        space = ParameterSpace.of({slot: module.knobs for slot, module in rack.items()}, self.revision)
        super().__init__(space, sample_rate=sample_rate, seconds=seconds, **kwargs)
        self.rack = dict(rack)
        self.hop = round(sample_rate / control_rate)
        self.n_frames = -(-self.n_samples // self.hop)

    @abstractmethod
    def patch(self, rack: Any, key: Tensor) -> Tensor:
        """The wiring: ``rack.slot(*cables)`` plays the module in that slot with its knobs as theta sets them.

        Args:
            rack: the modules, their knobs set.
            key: int64 (batch,), noise keys.

        Returns:
            audio (batch, n_frames, hop) in [-1, 1].
        """

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        clock = Clock(self.sample_rate, self.hop, self.n_frames, physical.device, dtype)
        values = iter(physical.unbind(dim=1))
        rack = {
            slot: partial(module.forward, clock, **{knob.name: next(values) for knob in module.knobs})
            for slot, module in self.rack.items()
        }
        return self.patch(_Rack(rack), key).flatten(1)[:, : self.n_samples]


class _Rack:
    """Modules by slot, as attributes. (torch.compile cannot see into a SimpleNamespace.)"""

    def __init__(self, slots: Mapping[str, Any]):
        for slot, play in slots.items():
            setattr(self, slot, play)
