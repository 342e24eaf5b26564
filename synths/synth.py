"""Synth: the base class of everything that renders sounds or patterns from parameters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from synths import random
from synths.compiling import compiled_synthesis
from synths.parameters import ParameterSpace
from synths.parameters.parameter import can_check
from synths.presets.distribution import PresetDistribution
from synths.random import Integers

_BLOCK = 1 << 19  # samples, or pixels

Self = TypeVar("Self", bound="Synth")


class Synth(nn.Module, ABC):
    """Renders sounds from parameters; or pictures, see `synths.patterns`.

    A synth is a pure function: it holds no tensors and no generator. ``synth.render(theta)`` turns
    theta (batch, n_parameters) in [0, 1] into sounds on whatever device theta is on, and
    ``synth.play(index)`` gives the sound with that number, always the same one.

    Args:
        space: the parameters, in the order of theta's columns.
        shape: of one item: (n_samples,) of a sound, (n_mels, n_frames) of a pattern.
        distribution: how `sample` draws: "theta" is uniform in [0, 1], "physical" is uniform in
            physical units; a `PresetDistribution`, or its text such as "presets:FOLDER", is near presets.
        ranges: parameters to fix (a number) or narrow ([low, high]) by name or pattern, in physical units, see
            `ParameterSpace.narrow`.

    Raises:
        ValueError: unknown parameter or distribution, a range outside the parameter's own, or presets of another
            synth.
    """

    makes = "sounds or pictures"

    def __init__(
        self,
        space: ParameterSpace,
        *,
        shape: tuple[int, ...],
        distribution: str | PresetDistribution = "theta",
        ranges: Mapping[str, float | list[float]] | None = None,
    ):
        super().__init__()
        self.space = space.narrow(ranges or {})
        self.shape = shape
        near = PresetDistribution.parse(distribution) if isinstance(distribution, str) else distribution
        if near is None and distribution not in ("theta", "physical"):
            raise ValueError(f'distribution: expected "theta", "physical" or "presets:FOLDER"; got {distribution!r}')
        self._near = near
        self._presets = near.bind(self.short_name(), self.space) if near else None
        self.distribution = self._presets.text if self._presets else str(distribution)
        self._compiled = None

    @classmethod
    def short_name(cls) -> str:
        """Name of this synth on the command line."""
        return cls.__name__.lower()

    @abstractmethod
    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        """The sounds; `render` checks and converts its arguments, then calls this.

        Args:
            physical: (batch, n_parameters) float64, in each parameter's unit.
            key: int64 (batch,), noise keys.
            dtype: of the result.

        Returns:
            (batch, *shape) in [-1, 1].
        """

    def sample(self, index: Integers, seed: int = 0) -> Tensor:
        """Theta of the items with these numbers.

        Args:
            index: int64 (batch,), or other integers, see `random.as_index`.
            seed: seed for all random draws.

        Returns:
            (batch, n_parameters) in [0, 1].

        Raises:
            ValueError: index or seed is not made of integers of 64 bits.
        """
        index = random.as_index(index)
        unit = random.uniform(index, len(self.space), seed=seed, stream="theta")
        return self.distributed(unit, index, seed)

    def distributed(self, unit: Tensor, index: Tensor, seed: int) -> Tensor:
        """Theta of uniform numbers (batch, n_parameters) in [0, 1), by the synth's distribution."""
        if self._presets:
            return self._presets.draw(index, unit, seed)
        return unit if self.distribution == "theta" else self.space.from_unit(unit)

    def narrowed(self: Self, ranges: Mapping[str, float | list[float]]) -> Self:
        """A copy of this synth with parameters fixed or narrowed further; arguments and errors as of `ranges`."""
        synth = copy(self)
        synth.space = self.space.narrow(ranges)
        synth._presets = self._near.bind(self.short_name(), synth.space) if self._near else None
        return synth

    def noise_key(self, index: Integers, seed: int = 0, view: str = "") -> Tensor:
        """Noise keys of the items with these numbers, int64 (batch,); each `view` has noise of its own."""
        return random.keys(random.as_index(index), seed=seed, stream=f"noise{view}")

    def play(self, index: Integers, seed: int = 0) -> Tensor:
        """The sounds with these numbers: (batch, *shape). A sound is (synth, seed, index). Args as in `sample`."""
        index = random.as_index(index)
        return self.render(self.sample(index, seed), self.noise_key(index, seed))

    def render(self, theta: Tensor, key: Tensor | None = None) -> Tensor:
        """Sounds of theta.

        Args:
            theta: (batch, n_parameters) in [0, 1]; double precision gives double precision sound.
            key: int64 (batch,), noise keys; None: key 0 for every row.

        Returns:
            (batch, *shape) in [-1, 1], on theta's device.

        Raises:
            ValueError: a wrong shape; or theta outside [0, 1] or NaN. On a GPU, while a compiler traces and within
                `torch.func`, theta's values are not looked at: there such a row is NaN instead.

        Gradient: flows to theta, except through choices and the jumps of square waves, where it is 0.
        """
        physical = self.space.to_physical(theta)
        if key is None:
            key = torch.zeros(len(theta), dtype=torch.int64, device=theta.device)
        require_key(key, len(theta))
        dtype = torch.float64 if theta.dtype == torch.float64 else torch.float32
        if not len(theta):
            return physical[:, :0].to(dtype).reshape(0, *self.shape)
        with torch.autocast(theta.device.type, enabled=False):
            if can_check(theta):
                return self.render_physical(physical, key, dtype)
            # NaN would end up in indices; a row with one is rendered from other values and overwritten.
            broken = physical.isnan().any(dim=1)
            sound = self.render_physical(
                torch.where(broken[:, None], self.space.middle(physical), physical), key, dtype
            )
            return sound.masked_fill(broken.view(-1, *(1 for _ in self.shape)), torch.nan)

    forward = render

    def render_physical(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        """`synthesize`, in blocks and compiled where that is faster; arguments as there."""
        make = self._compiled or self.synthesize
        # On a CPU, blocks of rows that stay in the cache render up to four times as fast as one large batch.
        # Powers of two, so that the usual batch sizes leave no odd block for a compiler to see.
        rows = 1 << max(1, _BLOCK // math.prod(self.shape)).bit_length() - 1
        if physical.device.type != "cpu" or len(key) <= rows:
            return make(physical, key, dtype)
        blocks = zip(physical.split(rows), key.split(rows), strict=True)
        if physical.requires_grad and torch.is_grad_enabled():
            return torch.cat([make(*block, dtype) for block in blocks])
        first = make(*next(blocks), dtype)
        sound = first.new_empty(len(key), *first.shape[1:])
        sound[:rows] = first
        for place, block in zip(sound[rows:].split(rows), blocks, strict=True):
            place.copy_(make(*block, dtype))
        return sound

    def compile(self, *args, **kwargs) -> None:
        """From now on render with one compiled kernel, gradients included; arguments go to torch.compile.

        The kernel is for batches of any size; with `dynamic=False` it is for one size, and compiles in half to two
        thirds of the time. Where nothing can be compiled (no C++ compiler, say), warns once and renders eagerly.
        """
        self._compiled = compiled_synthesis(self.synthesize, self.short_name(), *args, **kwargs)

    def note(self, *args: Any, **kwargs: Any) -> Tensor:
        """One note, see `Instrument.note`."""
        return self.play_notes(None)

    def play_notes(self, *args: Any, **kwargs: Any) -> Tensor:
        """Notes, see `Instrument.play_notes`.

        Raises:
            ValueError: this synth plays none.
        """
        raise ValueError(
            f"{self.short_name()} plays no notes; an instrument does, such as voice, subtractive, plucked or drum"
        )

    def extra_repr(self) -> str:
        """What repr shows between the brackets."""
        drawn = "" if self.distribution == "theta" else f', distribution="{self.distribution}"'
        return f"{len(self.space)} parameters, {self.extent()}{drawn}"

    def extent(self) -> str:
        """The size of one item, in words."""
        return "{} mel bands x {} frames".format(*self.shape)

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_compiled": None}  # a copy, or another process, compiles for itself


def require_key(key: Any, n: int) -> None:
    """Raises ValueError where key is not n noise keys."""
    if not isinstance(key, Tensor) or key.shape != (n,) or key.dtype != torch.int64:
        got = f"{key.dtype} {tuple(key.shape)}" if isinstance(key, Tensor) else type(key).__name__
        raise ValueError(f"expected key as int64 of shape ({n},); got {got}")


class AudioSynth(Synth):
    """A synth of waveforms, (batch, n_samples).

    Args:
        space: the parameters, in the order of theta's columns.
        sample_rate: in Hz.
        seconds: length of a sound.
        kwargs: `distribution` and `ranges`, see `Synth`.
    """

    makes = "sounds"

    def __init__(self, space: ParameterSpace, *, sample_rate: int, seconds: float, **kwargs: Any):
        # Noise counts samples in 32 bits. NaN is in no range.
        if not (sample_rate > 0 and 0.5 < seconds * sample_rate < 2**31 - 1):
            raise ValueError(
                "sample_rate, seconds: expected at least one sample and fewer than 2^31; "
                f"got {sample_rate} Hz, {seconds:g} s"
            )
        super().__init__(space, shape=(round(seconds * sample_rate),), **kwargs)
        self.n_samples = self.shape[0]
        self.sample_rate = sample_rate
        self.seconds = seconds

    def extent(self) -> str:
        return f"{self.seconds:g} s at {self.sample_rate} Hz"
