"""Waveforms as functions of phase in turns."""

import torch
from torch import Tensor

from synths.dsp.distortion import tanh


def midi_to_hz(midi: Tensor) -> Tensor:
    """Frequency in Hz of a MIDI note number (69 is 440 Hz)."""
    return 440 * torch.exp2((midi - 69) / 12)


def sine(phase: Tensor) -> Tensor:
    """A cosine of `phase` in turns."""
    return torch.cos(2 * torch.pi * phase)


def square_saw(phase: Tensor, shape: Tensor, n_partials: Tensor) -> Tensor:
    """A smooth square that bends into a saw.

    ``square = tanh(pi * n_partials / 2 * sin)``, ``out = (1 - shape / 2) * square * (1 + shape * cos)``.

    Args:
        phase: any shape, in turns.
        shape: 0 is square, 1 is saw; broadcasts with phase.
        n_partials: how sharp the edges are; broadcasts with phase.

    Source: Lazzarini and Timoney, New Perspectives on Distortion Synthesis for Virtual Analog
    Oscillators, Computer Music Journal 34(1), 2010, as used in torchsynth.
    """
    angle = 2 * torch.pi * phase
    square = tanh(torch.pi / 2 * n_partials * torch.sin(angle))
    return (1 - shape / 2) * square * (1 + shape * torch.cos(angle))


def lfo_shapes(phase: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The five slow waveforms of an LFO, each in [0, 1]: sine, triangle, saw, reverse saw, square.

    Gradient: zero through the square, and zero across the jumps of the saws.
    """
    saw = phase - phase.floor()
    sine_ = (1 - torch.cos(2 * torch.pi * phase)) / 2
    triangle = 1 - (2 * saw - 1).abs()
    # A half open at its start: the sign of a cosine would fall either way at a quarter turn.
    square = ((saw >= 0.25) & (saw < 0.75)).to(phase.dtype)
    return sine_, triangle, saw, 1 - saw, square
