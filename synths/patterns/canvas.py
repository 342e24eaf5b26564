"""Canvas: pixels and random numbers of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from synths import random
from synths.dsp import noise
from synths.dsp.clock import Clock


@dataclass(frozen=True)
class Canvas:
    """The pixels of one render and the random numbers of each picture.

    Coordinates are in heights of the picture: y runs from 0 (lowest frequency) to 1, x from 0 to
    `width`, so that a circle is round. Each `stream` has random numbers of its own.

    Args:
        n_mels, n_frames: pixels, of frequency and of time.
        key: int64 (batch,), one per picture.
        dtype: of pictures.
    """

    n_mels: int
    n_frames: int
    key: Tensor
    dtype: torch.dtype

    @property
    def device(self) -> torch.device:
        return self.key.device

    @property
    def width(self) -> float:
        """Width of the picture in heights."""
        return self.n_frames / self.n_mels

    def y(self) -> Tensor:
        """Middle of every row of pixels: (n_mels, 1)."""
        return self.range(self.n_mels, 0.5)[:, None] / self.n_mels

    def x(self) -> Tensor:
        """Middle of every column of pixels: (1, n_frames)."""
        return self.range(self.n_frames, 0.5)[None] / self.n_mels

    def range(self, n: int, start: float = 0) -> Tensor:
        """start, start + 1, ...: (n,)."""
        return torch.arange(n, device=self.device, dtype=self.dtype) + start

    def scales(self, stretch: Tensor) -> tuple[Tensor, Tensor]:
        """Factors on y and x that make shapes so many octaves longer in time than in frequency."""
        # From double precision and rounded, so that places do not move with the last bit of a power.
        scale = torch.exp2(stretch.double() / 2)
        return scale.to(self.dtype), (1 / scale).to(self.dtype)

    def symmetric(self, stream: int, *shape: int) -> Tensor:
        """Random numbers, uniform in [-1, 1]: (batch, *shape)."""
        n = torch.Size(shape).numel()
        key = random.mix(random.mix(self.key) + stream)
        return noise.white(key, Clock(1, n, 1, self.device, self.dtype)).view(-1, *shape)

    def uniform(self, stream: int, *shape: int) -> Tensor:
        """Random numbers, uniform in [0, 1): (batch, *shape)."""
        return (self.symmetric(stream, *shape) / 2 + 0.5).clamp_max(1 - 2.0**-24)

    def normal(self, stream: int, *shape: int) -> Tensor:
        """Random numbers from N(0, 1), cut at 5: (batch, *shape)."""
        return torch.erfinv(self.symmetric(stream, *shape) * (1 - 2.0**-21)) * 2**0.5
