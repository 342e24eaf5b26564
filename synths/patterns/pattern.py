"""Pattern: a synth of pictures."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from synths.parameters import Parameter, ParameterSpace
from synths.patterns.canvas import Canvas
from synths.synth import Synth

CONTRAST = Parameter("contrast", 0, 3, curve=0.5, doc="0 leaves values as they are, high ones leave black and white")


class Pattern(Synth):
    """A synth of pictures, (batch, n_mels, n_frames), in place of a log-mel spectrogram.

    Theta holds the statistics of a picture; the random numbers of its many elements follow from the key.
    A subclass declares `knobs` and ``draw(self, canvas, *, knob, ...)``; the last knob, "contrast", is common to
    all patterns and applied here.

    Args:
        n_mels: height, in mel bands.
        n_frames: width.
        kwargs: `distribution` and `ranges`, see `Synth`.

    Raises:
        ValueError: a side below 4.

    A subclass raises its `revision` when the same theta begins to look different. One that amplifies rounding errors
    sets `precise`: it is drawn in double precision, so as to look the same in any batch.
    """

    makes = "pictures"
    knobs: tuple[Parameter, ...] = ()
    revision = 1
    precise = False

    def __init__(self, *, n_mels: int = 80, n_frames: int = 208, **kwargs: Any):
        if min(n_mels, n_frames) < 4:
            raise ValueError(f"n_mels, n_frames: expected at least 4 each; got {n_mels} and {n_frames}")
        space = ParameterSpace([*self.knobs, CONTRAST], self.revision)
        super().__init__(space, shape=(n_mels, n_frames), **kwargs)
        self.n_mels = n_mels
        self.n_frames = n_frames

    @abstractmethod
    def draw(self, canvas: Canvas, *args: Any, **knobs: Any) -> Tensor:
        """The picture, of any scale.

        Args:
            canvas: pixels and random numbers.
            knobs: by name, (batch, 1, 1) in each parameter's unit.

        Returns:
            (batch, n_mels, n_frames).
        """

    def synthesize(self, physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        drawn = torch.float64 if self.precise else dtype
        *knobs, contrast = physical[..., None, None].unbind(dim=1)
        named = {knob.name: value.to(drawn) for knob, value in zip(self.knobs, knobs, strict=True)}
        picture = self.draw(Canvas(self.n_mels, self.n_frames, key, drawn), **named)
        return bounded(crushed(picture.to(dtype), contrast.to(dtype)))


def crushed(picture: Tensor, contrast: Tensor) -> Tensor:
    """``z / sqrt(1 + (contrast z)^2)`` of a picture z moved and scaled to a mean of 0 and a variance of 1.

    Args:
        picture: (batch, n_mels, n_frames), of any scale.
        contrast: (batch, 1, 1); 0 leaves the picture as it is, up to its scale.
    """
    centred = picture - picture.mean(dim=(1, 2), keepdim=True)
    z = centred * centred.square().mean(dim=(1, 2), keepdim=True).clamp_min(1e-12).rsqrt()
    return z * (1 + (contrast * z).square()).rsqrt()


def bounded(picture: Tensor) -> Tensor:
    """A picture (batch, n_mels, n_frames) of any scale, each moved and scaled to a mean of 0 within [-1, 1]."""
    centred = picture - picture.mean(dim=(1, 2), keepdim=True)
    return centred / centred.abs().amax(dim=(1, 2), keepdim=True).clamp_min(1e-6)
