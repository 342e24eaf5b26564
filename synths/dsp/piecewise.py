"""Functions drawn as straight lines between points."""

from collections.abc import Sequence
from itertools import pairwise

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
    y, slope_before = torch.full_like(x, points[0][1]), 0.0
    for (here, y_here), (there, y_there) in pairwise(points):
        slope = (y_there - y_here) / (there - here)
        y = y + (slope - slope_before) * (x - here).clamp(0, points[-1][0] - here)
        slope_before = slope
    return y
