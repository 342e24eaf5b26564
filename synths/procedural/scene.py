"""Scene: a synth of several events, with their onsets and sources."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from synths.compiling import compiled_synthesis
from synths.parameters import Parameter
from synths.synth import AudioSynth

_BLOCK = 1 << 21  # samples


class PlannedEvents(NamedTuple):
    """Onsets, offsets and sources of the events of a batch of scenes, as theta plans them.

    Args:
        onset_s, offset_s: (batch, n_events), in seconds, from 0 to the end of the scene.
        source: int64 (batch, n_events), index into `Scene.sources`.
        active: bool (batch, n_events), false where there is no event; the other three are then without meaning.
    """

    onset_s: Tensor
    offset_s: Tensor
    source: Tensor
    active: Tensor


class Scene(AudioSynth):
    """A synth whose sound is a scene of events.

    Sounds of one kind are made together, `part` by part, and every part has a kernel of its own.

    Args:
        kwargs: see `AudioSynth`.
    """

    # Names of sources, in the order of `PlannedEvents.source`.
    sources: tuple[str, ...] = ()

    @abstractmethod
    def events(self, theta: Tensor) -> PlannedEvents:
        """The events of scenes, as theta plans them; some may be inaudible.

        Args:
            theta: (batch, n_parameters) in [0, 1].

        Returns:
            double precision times, on theta's device.
        """

    @abstractmethod
    def part(self, which: int, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        """Sounds of one kind, (rows, n): one graph. Arguments as in `synthesize`, of the rows of that kind."""

    def in_parts(self, kind: Tensor, n_kinds: int, physical: Tensor, key: Tensor, dtype: torch.dtype, n: int) -> Tensor:
        """The sounds of all rows, each made by the `part` of its `kind`: int64 (rows,) -> (rows, n).

        A row of kind `n_kinds` is silent.
        """
        # The rows of all parts at once: one by one, each part would wait for the GPU.
        rows_of = kind.argsort(stable=True).split(kind.bincount(minlength=n_kinds + 1).tolist())
        sound = torch.empty(len(key), n, dtype=dtype, device=physical.device)
        # On a CPU, as many rows at a time as stay in the cache.
        block = max(1, _BLOCK // n) if physical.device.type == "cpu" else max(1, len(key))
        for which, rows in enumerate(rows_of[:n_kinds]):
            make = self._compiled(which) if self._compiled else partial(self.part, which)
            for some in rows.split(block) if len(rows) else ():
                sound.index_copy_(0, some, make(physical[some], key[some], dtype))
        return sound.index_fill_(0, rows_of[n_kinds], 0)

    def render_physical(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        return self.synthesize(physical, key, dtype)  # the parts have blocks and kernels

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """From now on every part renders with a kernel of its own, see `Synth.compile`."""

        @cache
        def kernel(which: int) -> Callable[[Tensor, Tensor, torch.dtype], Tensor]:
            return compiled_synthesis(partial(self.part, which), self.short_name(), *args, **kwargs)

        self._compiled = kernel


def by_name(knobs: Sequence[Parameter], physical: Tensor) -> dict[str, Tensor]:
    """The columns of physical values (..., n_knobs), each (...,), by the names of their knobs."""
    return {knob.name: value for knob, value in zip(knobs, physical.unbind(dim=-1), strict=True)}
