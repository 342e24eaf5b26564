"""Spectrograms as pictures of sounds."""

import math

import torch
from torch import Tensor

_LOWEST_HZ, _RANGE_DB, _WINDOW_S = 40.0, 80.0, 0.05


def spectrogram(sounds: Tensor, sample_rate: int, n_bands: int, n_frames: int) -> Tensor:
    """Levels of bands evenly spaced in octaves, from 40 Hz to half the sample rate.

    Args:
        sounds: (batch, n_samples).
        sample_rate: in Hz.
        n_bands: height of a picture.
        n_frames: about its width.

    Returns:
        (batch, n_bands, width): from 80 dB below the loudest of each sound, at 0, to the loudest, at 1.
    """
    n_fft = 1 << max(4, round(_WINDOW_S * sample_rate).bit_length())
    hop = max(1, -(-sounds.shape[1] // n_frames))
    window = torch.hann_window(n_fft, dtype=sounds.dtype, device=sounds.device)
    power = torch.stft(sounds, n_fft, hop, window=window, pad_mode="constant", return_complex=True).abs().square()
    lowest_hz = min(_LOWEST_HZ, sample_rate / 4)
    octaves = math.log10(lowest_hz), math.log10(sample_rate / 2)
    edges = torch.logspace(*octaves, n_bands + 1, dtype=torch.float32) * n_fft / sample_rate
    first, last = edges.floor().int().tolist(), edges.ceil().int().tolist()
    bands = [power[:, low:high].amax(dim=1) for low, high in zip(first[:-1], last[1:], strict=True)]
    level_db = 10 * torch.stack(bands, dim=1).clamp_min(1e-10).log10()
    return (1 + (level_db - level_db.amax(dim=(1, 2), keepdim=True)) / _RANGE_DB).clamp_min(0)
