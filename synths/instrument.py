"""Instrument: a synth made of modules, wired by a patch."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from synths.dsp.clock import Clock, nearest_hop
from synths.dsp.decimation import REACH, decimate
from synths.modules.module import Module
from synths.notes.note_synth import Bend, NoteSynth
from synths.parameters import ParameterSpace

_MOST_OVERSAMPLED = 16
_LONGEST_FRAME = 1 << 20  # samples: whole frames are rendered, however short the sound
_checked: set[tuple[type, tuple[str, ...]]] = set()


class _ChecksPatch(type(NoteSynth)):
    """Makes an instrument, then checks its patch: `__init__` of a subclass may not be done when the base's is."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        instrument = super().__call__(*args, **kwargs)
        layout = cls, instrument.space.names
        if layout not in _checked:
            instrument.check_patch()
            _checked.add(layout)
        return instrument


class Instrument(NoteSynth, metaclass=_ChecksPatch):
    """A rack of modules and one patch.

    Args:
        rack: slot name -> module. Its knobs, in this order, are the columns of theta.
        sample_rate: in Hz.
        seconds: length of a sound.
        control_rate: how often envelopes and modulation are computed, in Hz; a frame has the nearest
            number of samples that suits filters, see `nearest_hop`.
        oversample: render at so many times the sample rate, then decimate. Waves that change abruptly, and fast
            modulation, fold back less: 3 at 16 kHz folds as little as 48 kHz does. Costs about as many times as much.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Raises:
        ValueError: a control rate outside [sample_rate / 2^20, sample_rate], oversampling outside 1 to 16, or a patch
            that does not return audio.

    A subclass raises its `revision` when the same theta begins to sound different, and sets `in_bank` to False
    to stay out of `VoiceBank`. Its `touch` says how it answers to notes.
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
        oversample: int = 1,
        **kwargs,
    ):
        if not sample_rate / _LONGEST_FRAME <= control_rate <= sample_rate:
            raise ValueError(
                f"expected a sample_rate from {control_rate:g} Hz, the control_rate, to {_LONGEST_FRAME:,} times that; "
                f"got {sample_rate} Hz"
            )
        if oversample not in range(1, _MOST_OVERSAMPLED + 1):
            raise ValueError(f"expected oversample as a whole number from 1 to {_MOST_OVERSAMPLED}; got {oversample}")
        space = ParameterSpace.of({slot: module.knobs for slot, module in rack.items()}, self.revision)
        super().__init__(space, sample_rate=sample_rate, seconds=seconds, **kwargs)
        self.rack = dict(rack)
        self.hop = nearest_hop(sample_rate / control_rate)
        self.n_frames = -(-self.n_samples // self.hop)
        self.oversample = oversample

    def extra_repr(self) -> str:
        """The line of every synth, then one per module: its slot, class and number of parameters."""
        width = max(map(len, self.rack), default=0)
        modules = (f"{slot:{width}}  {type(m).__name__}, {len(list(m.knobs))}" for slot, m in self.rack.items())
        return "\n".join([super().extra_repr(), *modules])

    def extent(self) -> str:
        return super().extent() + (f", oversampled {self.oversample} times" if self.oversample > 1 else "")

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
        return self.perform(physical, key, dtype, self.n_samples)

    def perform(
        self, physical: Tensor, key: Tensor, dtype: torch.dtype, n_samples: int, bend: Bend | None = None
    ) -> Tensor:
        # A decimated sample is made of samples behind it as well.
        reach = REACH if self.oversample > 1 else 0
        clock = self._clock(-(-(n_samples + reach) // self.hop), physical.device, dtype)
        if bend is not None:
            clock = replace(clock, bend=bend(clock.boundaries_s()))
        sound = decimate(self.patch(self.rack_at(clock, physical), key), self.oversample).flatten(1)[:, :n_samples]
        # The low-pass overshoots. As in a mixer, a sound that would clip is scaled to a peak of 1.
        return sound / sound.abs().amax(dim=1, keepdim=True).clamp_min(1) if self.oversample > 1 else sound

    def check_patch(self) -> None:
        """Play two frames of two sounds.

        Raises:
            ValueError: the patch does not return audio.
        """
        clock = self._clock(2, torch.device("cpu"), torch.float32)
        middle = self.space.to_physical(torch.full((2, len(self.space)), 0.5))
        with torch.no_grad():
            made = self.patch(self.rack_at(clock, middle), torch.zeros(2, dtype=torch.int64))
        if not isinstance(made, Tensor) or made.shape != (2, clock.n_frames, clock.hop):
            control = isinstance(made, Tensor) and made.shape == (2, clock.n_frames + 1)
            got = "a control signal; VCA applies one to audio" if control else type(made).__name__
            got += f" of shape {tuple(made.shape)}" if isinstance(made, Tensor) and not control else ""
            raise ValueError(f"{type(self).__name__}.patch: expected audio (batch, n_frames, hop); got {got}")

    def _clock(self, n_frames: int, device: torch.device, dtype: torch.dtype) -> Clock:
        return Clock(self.oversample * self.sample_rate, self.oversample * self.hop, n_frames, device, dtype)

    def rack_at(self, clock: Clock, physical: Tensor) -> Any:
        """The modules as attributes, their knobs set to physical values (batch, n_parameters): `rack.slot(*cables)`."""
        values = iter(physical.unbind(dim=1))
        rack = {
            slot: partial(module.forward, clock, **{knob.name: next(values) for knob in module.knobs})
            for slot, module in self.rack.items()
        }
        return _Rack(rack)


class _Rack:
    """Modules by slot, as attributes. (torch.compile cannot see into a SimpleNamespace.)"""

    def __init__(self, slots: Mapping[str, Any]):
        for slot, play in slots.items():
            setattr(self, slot, play)
