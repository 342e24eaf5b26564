"""Descent along the gradient, which finds parameters that act smoothly on the sound."""

import torch
from torch import Tensor

# Step in theta at the beginning, and the number of steps after which it is half as long.
_STEP, _HALVED = 0.05, 15

# Memory of the slope and of its square.
_MEMORY, _MEMORY_OF_SQUARES = 0.9, 0.9

# Against division by 0; and the largest slope, so that one steep place does not stop a parameter for long.
_FLATTEST, _STEEPEST = 1e-8, 1e6


class Descent:
    """Adam, with a step of ``0.05 / (1 + n / 15)`` after n steps.

    Args:
        theta: (rows, n_parameters), where the rows begin.
        slope: gradient of the loss there, of theta's shape; NaN counts as 0.

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.
    """

    def __init__(self, theta: Tensor, slope: Tensor):
        self.theta, self.slope, self.n_steps = theta.clone(), slope.clone(), 0
        self.mean, self.square = torch.zeros_like(theta), torch.zeros_like(theta)

    def next(self) -> Tensor:
        """The theta (rows, n_parameters) to go to, which may lie outside [0, 1]."""
        slope = self.slope.nan_to_num(0.0).clamp(-_STEEPEST, _STEEPEST)
        self.mean = _MEMORY * self.mean + (1 - _MEMORY) * slope
        self.square = _MEMORY_OF_SQUARES * self.square + (1 - _MEMORY_OF_SQUARES) * slope**2
        step = _STEP / (1 + self.n_steps / _HALVED)
        self.n_steps += 1
        mean = self.mean / (1 - _MEMORY**self.n_steps)
        square = self.square / (1 - _MEMORY_OF_SQUARES**self.n_steps)
        return self.theta - step * mean / (square.sqrt() + _FLATTEST)

    def go_to(self, theta: Tensor, slope: Tensor, rows: Tensor) -> None:
        """Go on from theta, with the slope there, in the rows that are set in bool (rows,)."""
        self.theta = torch.where(rows[:, None], theta, self.theta)
        self.slope = torch.where(rows[:, None], slope, self.slope)

    def restart(self, rows: Tensor, like: Tensor, theta: Tensor, slope: Tensor) -> None:
        """Begin again at theta (n, n_parameters) in rows (n,), without momentum, with steps as in the rows `like`."""
        self.theta[rows], self.slope[rows] = theta, slope
        self.mean[rows], self.square[rows] = 0.0, self.square[like]
