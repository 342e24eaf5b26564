"""Long filters, through the Fourier transform."""

import torch
from torch import Tensor


def convolve(audio: Tensor, impulse: Tensor) -> Tensor:
    """Audio through a filter with this impulse response, as long as the audio.

    Args:
        audio, impulse: (batch, n_frames, hop).

    Returns:
        (batch, n_frames, hop).
    """
    n = audio.shape[1] * audio.shape[2]
    length = fast_length(2 * n - 1)  # long enough that nothing wraps around
    spectrum = torch.fft.rfft(audio.flatten(1), length) * torch.fft.rfft(impulse.flatten(1), length)
    return torch.fft.irfft(spectrum, length)[:, :n].view_as(audio)


def fast_length(n: int) -> int:
    """The next product of 2s, 3s and 5s: the transform of a length with a large prime factor is slow."""
    while True:
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
        n += 1
