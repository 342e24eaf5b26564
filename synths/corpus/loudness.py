"""Loudness of whole sounds."""

import math

import torch
from torch import Tensor

from synths.dsp.spectral import fast_length

# In Hz. The shelf needs its corner well below half the rate.
LEAST_RATE = 4000
_BLOCK_S, _STEP_S = 0.4, 0.1
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_OFFSET = -0.691
_SHELF = 10 ** (3.999843853973347 / 20)
# Corner in Hz, q, and the numerator's factors of s^2, s / q and 1.
_SECTIONS = (
    (1681.974450955533, 0.7071752369554196, _SHELF, _SHELF**0.4996667741545416, 1.0),
    (38.13547087602444, 0.5003270373238773, 1.0, 0.0, 0.0),
)
# After this time the response of the K-weighting to an impulse is below 1e-20.
_TAIL_S = 0.25


def integrated_loudness(waveforms: Tensor, sample_rate: int) -> Tensor:
    """Integrated loudness of mono sounds.

    Powers of K-weighted blocks of 0.4 s, a new one every 0.1 s, are averaged over the blocks above two gates: -70 LUFS,
    and 10 LU below the average of the blocks above the first. What is left of the last block at the end does not count.
    A sound shorter than 0.4 s is one block.

    Args:
        waveforms: (batch, n_samples).
        sample_rate: in Hz, at least 4,000.

    Returns:
        float64 (batch,), in LUFS; -inf where no block is above -70 LUFS.

    Source: ITU-R BS.1770-4, Algorithms to measure audio programme loudness and true-peak audio level, 2015, annex 1.
    """
    square = _k_weighted(waveforms.double(), sample_rate).square()
    block, step = round(_BLOCK_S * sample_rate), round(_STEP_S * sample_rate)
    power = square.unfold(1, min(block, square.shape[1]), step).mean(dim=2)
    loud = _lufs(power) > _ABSOLUTE_GATE
    gate = _lufs(_mean(power, loud)) + _RELATIVE_GATE
    return _lufs(_mean(power, loud & (_lufs(power) > gate[:, None])))


def _mean(power: Tensor, counted: Tensor) -> Tensor:
    """Mean of the blocks that count; 0 where none does."""
    return (power * counted).sum(dim=1) / counted.sum(dim=1).clamp(min=1)


def _lufs(power: Tensor) -> Tensor:
    return _OFFSET + 10 * power.log10()


def _k_weighted(waveforms: Tensor, sample_rate: int) -> Tensor:
    """Waveforms through a high shelf of 4 dB and a high-pass.

    The standard gives coefficients at 48 kHz. These are the analogue filters from which the bilinear transform makes
    them, for any rate.
    """
    n = waveforms.shape[1]
    n_fft = fast_length(n + round(_TAIL_S * sample_rate))
    turns = torch.arange(n_fft // 2 + 1, dtype=torch.float64, device=waveforms.device) / n_fft
    response = torch.ones_like(turns)
    for corner_hz, q, high, middle, low in _SECTIONS:
        corner = math.tan(math.pi * corner_hz / sample_rate)
        s = 1j * torch.tan(math.pi * turns) / corner
        response = response * (high * s**2 + middle / q * s + low) / (s**2 + s / q + 1)
        if not low:
            response = response * (1 + corner / q + corner**2)  # as in the standard: the high-pass has a numerator of 1
    return torch.fft.irfft(torch.fft.rfft(waveforms, n_fft) * response, n_fft)[:, :n]
