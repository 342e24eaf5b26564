"""The base of filters with a random cutoff."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.per_item import PerItem, between, in_order
from synths.dsp import spectral

_N_ZEROS = 8


class CutoffFilter(PerItem):
    """Base of the low-pass and the high-pass: a windowed sinc whose cutoff is drawn, uniformly in mel.

    Args:
        cutoff_hz: smallest and largest cutoff, where the gain is 1/2, in Hz.
        sample_rate: of the waveforms, in Hz.
        p, seed: see `PerItem`.

    Raises:
        ValueError: cutoffs that are not positive, in order and at most half of the sample rate.

    Source: julius 0.2.8, lowpass.py (Défossez), which torch-audiomentations uses: a sinc of 8 zero crossings under a
    Hann window, with a sum of 1. Its ends repeat the first and the last sample; here a sound is silent beyond them.
    """

    def __init__(self, cutoff_hz: Sequence[float], sample_rate: int = 16000, p: float = 0.5, seed: int = 0):
        super().__init__(p, seed)
        low, high = in_order("cutoff_hz", cutoff_hz)
        if not 0 < low <= high <= sample_rate / 2:
            raise ValueError(f"cutoff_hz: expected above 0 Hz and at most {sample_rate / 2:g} Hz; got {low}, {high}")
        self.cutoff_hz, self.sample_rate = (low, high), sample_rate

    def lowpass(self, waveform: Tensor, draws: Tensor) -> Tensor:
        """Waveforms (batch, n_samples) through low-passes whose cutoffs follow from draws (batch, 1)."""
        low_mel, high_mel = (math.log1p(hz / 700) for hz in self.cutoff_hz)
        cutoff = 700 * torch.expm1(between(draws, (low_mel, high_mel))) / self.sample_rate
        half = int(_N_ZEROS * self.sample_rate / self.cutoff_hz[0] / 2)  # of the longest filter
        time = torch.arange(-half, half + 1, device=waveform.device, dtype=draws.dtype)
        own_half = (_N_ZEROS / cutoff / 2).floor()
        window = torch.where(time.abs() <= own_half, 0.5 + 0.5 * torch.cos(math.pi * time / own_half), 0.0)
        taps = window * torch.sinc(2 * cutoff * time)
        taps = taps / taps.sum(dim=1, keepdim=True)
        n = waveform.shape[1]
        length = spectral.fast_length(n + 2 * half)
        spectrum = torch.fft.rfft(waveform, length) * torch.fft.rfft(taps, length)
        return torch.fft.irfft(spectrum, length)[:, half : half + n]
