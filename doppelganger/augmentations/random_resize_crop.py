"""RandomResizeCrop: a stretch of the spectrogram in time and frequency."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import SpectrogramAugmentation


class RandomResizeCrop(SpectrogramAugmentation):
    """Cuts a random rectangle out of a larger canvas with the spectrogram in its middle, and resizes it to fit.

    The canvas is 0, which is the mean of a standardised log-mel. The rectangle's height and width are drawn against
    the spectrogram's and cut to the canvas's, then its place is drawn.

    Args:
        frequency_scale, time_scale: smallest and largest height and width of the rectangle.
        canvas: height and width of the canvas.
        interpolation: between bands and frames.
        seed: seed for all random draws.

    Raises:
        ValueError: a canvas smaller than the spectrogram, or scales that are not positive and in order.

    Source: Niizumi et al., BYOL for Audio, 2021, section III-C; scales of 0.6 to 1.5 there. Its bicubic interpolation
    repeats the rectangle's edge, here it looks beyond it.
    """

    def __init__(
        self,
        frequency_scale: Sequence[float] = (0.6, 1.5),
        time_scale: Sequence[float] = (0.6, 1.5),
        canvas: Sequence[float] = (1.0, 1.5),
        interpolation: Literal["bicubic", "bilinear"] = "bicubic",
        seed: int = 0,
    ):
        super().__init__(seed)
        for name, (low, high) in {"frequency_scale": frequency_scale, "time_scale": time_scale}.items():
            if not 0 < low <= high:
                raise ValueError(f"{name}: expected 0 < smallest <= largest; got {low}, {high}")
        if min(canvas) < 1:
            raise ValueError(f"canvas: expected one at least as large as the spectrogram; got {tuple(canvas)}")
        self.scales = tuple(frequency_scale), tuple(time_scale)
        self.canvas = tuple(canvas)
        self.interpolation = interpolation

    def rectangles(self, index: Tensor, size: Sequence[int], view: str) -> tuple[Tensor, Tensor]:
        """Where the rectangles lie on the spectrogram, whose axes have `size` bands and frames.

        Returns:
            first band and frame, which may lie outside, and number of bands and frames: each int64 (batch, 2).
        """
        draws = self.uniform(index, 4, view)
        firsts, lengths = [], []
        for axis, n in enumerate(size):
            low, high = self.scales[axis]
            n_canvas = int(self.canvas[axis] * n)
            length = ((low + (high - low) * draws[:, axis]) * n).long().clamp(1, n_canvas)
            place = (draws[:, 2 + axis] * (n_canvas - length + 1)).long()
            firsts.append(place - (n_canvas - n) // 2)
            lengths.append(length)
        return torch.stack(firsts, dim=1), torch.stack(lengths, dim=1)

    def forward(self, spectrogram: Tensor, index: Tensor, view: str = "") -> Tensor:
        size = spectrogram.shape[-2:]
        first, length = (x.to(spectrogram) for x in self.rectangles(index, size, view))
        band, frame = (_coordinates(first[:, axis], length[:, axis], size[axis], spectrogram.device) for axis in (0, 1))
        grid = torch.stack(torch.broadcast_tensors(frame[:, None, :], band[:, :, None]), dim=3)
        return nn.functional.grid_sample(spectrogram, grid, mode=self.interpolation, align_corners=True)


def _coordinates(first: Tensor, length: Tensor, n: int, device: torch.device) -> Tensor:
    """Coordinates of n points spread over a rectangle, (batch, n): -1 is the first band or frame, 1 the last."""
    places = first[:, None] + (length - 1)[:, None] * torch.linspace(0, 1, n, device=device, dtype=first.dtype)
    return 2 * places / max(n - 1, 1) - 1
