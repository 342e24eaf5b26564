"""Mel filter banks: triangular weights of FFT bins, equally spaced on a mel scale."""

import math
import warnings

import torch
from torch import Tensor


def htk_banks(n_mels: int, n_fft: int, sample_rate: int, low_hz: float, high_hz: float) -> Tensor:
    """HTK's bands, triangles over frequency: ``mel = 2595 log10(1 + f / 700)``.

    Args:
        n_mels: number of bands.
        n_fft: length of the Fourier transform, in samples.
        sample_rate: in Hz.
        low_hz, high_hz: edges of the lowest and the highest band.

    Returns:
        weights in [0, 1], float32 (n_mels, n_fft // 2 + 1); a band between two FFT bins is all zero.

    Raises:
        ValueError: `low_hz` not below `high_hz`, or `high_hz` above half of `sample_rate`.

    Source: Young et al., The HTK Book, section 5.4. In single precision, as in torchaudio's `melscale_fbanks`.
    """
    low, high = (2595 * math.log10(1 + hz / 700) for hz in _edges(low_hz, high_hz, sample_rate))
    edges = 700 * (10 ** (torch.linspace(low, high, n_mels + 2) / 2595) - 1)
    banks = _triangles(torch.linspace(0, sample_rate // 2, n_fft // 2 + 1), edges)
    n_empty = int((banks.amax(dim=1) == 0).sum())
    if n_empty:
        warnings.warn(
            f"{n_empty} of {n_mels} mel bands lie between two FFT bins and stay empty; expected a larger n_fft or "
            f"fewer n_mels; got {n_fft} and {n_mels}",
            stacklevel=4,  # past `HasRecipe`
        )
    return banks


def kaldi_banks(n_mels: int, n_fft: int, sample_rate: int, low_hz: float, high_hz: float) -> Tensor:
    """Kaldi's bands, triangles over mels: ``mel = 1127 ln(1 + f / 700)``.

    Args, Returns, Raises: as for `htk_banks`; the weight of the highest FFT bin, half of sample_rate, is 0.

    Source: Povey et al., The Kaldi Speech Recognition Toolkit, 2011, feat/mel-computations.cc. In single precision,
    as in torchaudio's `compliance.kaldi.get_mel_banks`.
    """
    low, high = (1127 * math.log(1 + hz / 700) for hz in _edges(low_hz, high_hz, sample_rate))
    edges = low + torch.arange(n_mels + 2) * ((high - low) / (n_mels + 1))
    bins = 1127 * (1 + sample_rate / n_fft * torch.arange(n_fft // 2) / 700).log()
    return torch.nn.functional.pad(_triangles(bins, edges), (0, 1))


def _triangles(bins: Tensor, edges: Tensor) -> Tensor:
    """Triangles of height 1, each from an edge over the next one to the one after: (n_edges - 2, n_bins)."""
    width = edges.diff()[:, None]
    rise = (bins - edges[:-2, None]) / width[:-1]
    fall = (edges[2:, None] - bins) / width[1:]
    return rise.minimum(fall).clamp_min(0)


def _edges(low_hz: float, high_hz: float, sample_rate: int) -> tuple[float, float]:
    """The edges of the bank, checked."""
    if high_hz > sample_rate / 2:
        raise ValueError(f"high_hz: expected at most half of sample_rate ({sample_rate / 2:g} Hz); got {high_hz:g}")
    if not 0 <= low_hz < high_hz:
        raise ValueError(f"expected 0 <= low_hz < high_hz; got {low_hz:g} and {high_hz:g}")
    return low_hz, high_hz
