"""Choices: parameters of unit "choice" as whole numbers."""

from torch import Tensor


def chosen(knob: Tensor, n: int) -> Tensor:
    """Index of the option of a parameter of unit "choice" in [0, n]: int64, from 0 to n - 1.

    Gradient: zero.
    """
    return knob.detach().long().clamp(0, n - 1)
