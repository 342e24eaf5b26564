"""Phase modulation of sines, and its largest depth without aliasing."""

import torch
from torch import Tensor

_ROUNDS = 5
_DECAY = 2.3  # measured, see `largest_feedback`


def feedback_sine(phase: Tensor, feedback: Tensor) -> Tensor:
    """A sine that modulates its own phase: the y of ``y = sin(2 pi phase + feedback * y)``.

    From 0, a sine, towards 1, a saw. Without the delay of one sample that a recursion would need the
    equation is Kepler's, and Halley's method solves it for all samples at once.

    Args:
        phase: any shape, in turns.
        feedback: in [0, 1), in radians; broadcasts with phase.

    Returns:
        in [-1, 1].

    Source: Danby, Fundamentals of Celestial Mechanics, 1988, section 6.6.
    """
    mean = 2 * torch.pi * (phase - phase.round())
    with torch.no_grad():
        angle = mean + 0.85 * feedback * torch.sign(mean)
        for _ in range(_ROUNDS):
            angle = angle - _halley(angle, mean, feedback)
    return torch.sin(angle - _halley(angle, mean, feedback))  # the last round carries the gradient


def _halley(angle: Tensor, mean: Tensor, feedback: Tensor) -> Tensor:
    sin, cos = feedback * torch.sin(angle), feedback * torch.cos(angle)
    error, slope = angle - sin - mean, 1 - cos
    return error / (slope - 0.5 * error * sin / slope)


def order(index: Tensor) -> Tensor:
    """How many sidebands, on each side, a modulation index makes.

    ``order = index + 3 index^(1/3)``: the Bessel function J_order(index) is below 0.009 for any index, and
    below 0.001 from 10 on.
    """
    return index + 3 * index.clamp_min(1e-9) ** (1 / 3)


def largest_index(order: Tensor) -> Tensor:
    """The modulation index that makes this many sidebands: the inverse of `order`, by Cardano's formula."""
    return (2 * torch.sinh(torch.asinh(order / 2) / 3)) ** 3


def largest_feedback(n_harmonics: Tensor) -> Tensor:
    """The feedback of `feedback_sine` whose harmonics beyond the n-th are below -60 dB.

    They decay as exp(-n (2 (1 - feedback))^1.5 / 3), so 1 - feedback goes as n^(-2/3); the factor is measured.
    """
    return (1 - _DECAY * n_harmonics.clamp_min(1) ** (-2 / 3)).clamp(0, 0.98)


def n_harmonics(feedback: Tensor) -> Tensor:
    """The number of harmonics of `feedback_sine` above -60 dB: the inverse of `largest_feedback`.

    Args:
        feedback: in [0, 1), in radians.
    """
    return ((1 - feedback) / _DECAY) ** -1.5
