"""Curves: what a controller of MIDI does over time."""

from bisect import bisect_right

import torch
from torch import Tensor


class Curve:
    """A value over time that moves in steps, as a controller does.

    Args:
        start: the value before the first step.
    """

    def __init__(self, start: float):
        self._times_s: list[float] = [float("-inf")]
        self._values: list[float] = [start]

    @property
    def last(self) -> float:
        """The value after the last step."""
        return self._values[-1]

    @property
    def moves(self) -> bool:
        """Whether it is ever other than 0."""
        return any(self._values)

    def step(self, time_s: float, value: float) -> None:
        """Append a step; times do not descend."""
        if value == self.last:
            return
        if time_s == self._times_s[-1]:
            self._values[-1] = value
        else:
            self._times_s.append(time_s)
            self._values.append(value)

    def is_constant(self, start_s: float, end_s: float) -> bool:
        """Whether there is no step after one time and up to another."""
        return bisect_right(self._times_s, start_s) == bisect_right(self._times_s, end_s)

    def at(self, time_s: Tensor) -> Tensor:
        """Values at times in s, of the same shape, in double precision."""
        times_s, values = (torch.tensor(x, dtype=torch.float64) for x in (self._times_s, self._values))
        place = torch.searchsorted(times_s, time_s.double().cpu().contiguous(), right=True) - 1
        return values[place].to(time_s.device)
