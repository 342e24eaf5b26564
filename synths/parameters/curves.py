"""Curves from [0, 1] to [0, 1]."""

import torch
from torch import Tensor

# Below this distance from the end of a curve, a root (curve > 1) would have an infinite slope.
LEAST = 1e-12


def bent(x: Tensor, exponent: Tensor, symmetric: Tensor, least: float = 0.0) -> Tensor:
    """x in [0, 1] to the power of an exponent; where `symmetric`, in both directions from the middle.

    A distance from the end, or the middle, of at most `least` counts as 0 where there is a curve.

    Gradient: 0 there. A straight line has its slope at both ends.
    """
    y = torch.where(symmetric, 2 * x - 1, x)
    distance = torch.where(symmetric, y.abs(), y)  # the slope of abs is 0 at 0
    at_end = (distance <= least) & (exponent != 1)
    # A root has an infinite slope at 0, which 0 times that of `where` would turn into NaN: 1 has a root of any degree.
    power = torch.where(at_end, 0.0, torch.where(at_end, 1.0, distance) ** exponent)
    return torch.where(symmetric, (1 + y.sign() * power) / 2, power)
