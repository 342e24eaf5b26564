"""Points drawn into a picture."""

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.patterns.canvas import Canvas


def splat(canvas: Canvas, y: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Points, each shared among the four pixels around it; those outside are lost.

    Args:
        y, x: (batch, n_points), in heights.
        weight: (batch, n_points).

    Returns:
        (batch, n_mels, n_frames), the sum of weights in each pixel.

    Gradient: to the places too, by how the sharing changes.
    """
    row, column = (at * canvas.n_mels - 0.5 for at in (y, x))
    row, column = row.clamp(-1, canvas.n_mels), column.clamp(-1, canvas.n_frames)
    top, left = row.detach().floor(), column.detach().floor()
    below, right = row - top, column - left
    # With a border of one pixel for what lies outside.
    n_rows, n_columns = canvas.n_mels + 3, canvas.n_frames + 3
    first = ((top + 1) * n_columns + left + 1).long()
    upper, lower = weight * (1 - below), weight * below
    picture = upper.new_zeros(len(upper), n_rows * n_columns)
    picture = picture.scatter_add(1, first, upper * (1 - right)).scatter_add(1, first + 1, upper * right)
    first = first + n_columns
    picture = picture.scatter_add(1, first, lower * (1 - right)).scatter_add(1, first + 1, lower * right)
    return picture.view(-1, n_rows, n_columns)[:, 1 : canvas.n_mels + 1, 1 : canvas.n_frames + 1]


def blur(picture: Tensor, radius_px: Tensor) -> Tensor:
    """A picture (batch, n_mels, n_frames) blurred by a triangle of radius 0 to 1.5 pixels, (batch, 1, 1)."""
    for dim in (1, 2):
        side = between(radius_px / 4.5, 0, 1 / 3)
        n = picture.shape[dim]
        before = torch.cat([picture.narrow(dim, 0, 1), picture.narrow(dim, 0, n - 1)], dim)
        after = torch.cat([picture.narrow(dim, 1, n - 1), picture.narrow(dim, n - 1, 1)], dim)
        picture = picture + side * (before - 2 * picture + after)
    return picture
