"""Frequency responses of filters."""

import torch
from torch import Tensor


def lowpass(frequency_hz: Tensor, cutoff_hz: Tensor, q: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Response of a second-order low-pass, 12 dB per octave.

    With w = 2 pi f / sample_rate, w0 of the cutoff and alpha = sin(w0) / (2 q):
    ``H = (1 - cos w0) (1 + cos w) / (2 (cos w - cos w0) + 2 j alpha sin w)``, which is the biquad's transfer
    function on the unit circle with top and bottom turned by w.

    Args:
        frequency_hz: of the sines; broadcasts with cutoff_hz.
        cutoff_hz: kept below 0.49 of the sample rate.
        q: resonance; 0.71 is flat.

    Returns:
        the real and the imaginary part.

    Source: Bristow-Johnson, Cookbook Formulae for Audio EQ Biquad Filter Coefficients, "LPF".
    """
    w = 2 * torch.pi * frequency_hz / sample_rate
    w0 = 2 * torch.pi * cutoff_hz.clamp(max=0.49 * sample_rate) / sample_rate
    top = (1 - torch.cos(w0)) * (1 + torch.cos(w))
    real, imaginary = 2 * (torch.cos(w) - torch.cos(w0)), torch.sin(w0) / q * torch.sin(w)
    over = top / (real.square() + imaginary.square())
    return over * real, -over * imaginary
