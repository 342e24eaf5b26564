"""Bounds of a value whose gradient passes at the bound itself.

From torch 2.15 on, that of `torch.clamp` is 0 there, and a knob at the end of its range would never leave it.
"""

import torch
from torch import Tensor


def at_least(x: Tensor, low: float) -> Tensor:
    """x, or `low` where x is below. Gradient: 1 from `low` on."""
    return torch.where(x < low, low, x)


def at_most(x: Tensor, high: float) -> Tensor:
    """x, or `high` where x is above. Gradient: 1 up to `high`."""
    return torch.where(x > high, high, x)


def between(x: Tensor, low: float, high: float) -> Tensor:
    """x, or the bound that it is beyond. Gradient: 1 from `low` to `high`, both included."""
    return at_most(at_least(x, low), high)
