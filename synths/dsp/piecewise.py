"""Functions drawn as straight lines between points."""

from collections.abc import Sequence

import torch
from torch import Tensor


def piecewise(x: Tensor, points: Sequence[tuple[float, float]]) -> Tensor:
    """The function through some points, straight between them and level beyond the first and the last.

    Args:
        x: any shape.
        points: (x, y), at least two, with growing x.

    Returns:
        y of every x.
    """
    (x_0, y_0), *_ = points
    y, slope_before = torch.full_like(x, y_0), 0.0
    for (here, y_here), (there, y_there) in zip(points, points[1:], strict=False):
        slope = (y_there - y_here) / (there - here)
        y = y + (slope - slope_before) * (x - here).clamp(0, points[-1][0] - here)
        slope_before = slope
    return y
