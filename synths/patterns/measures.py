"""Measures of pictures: how smooth they are, and how their spectrum falls."""

import torch
from torch import Tensor

_LOWEST, _HIGHEST = 2.0, 0.5
_N_BINS = 12


def smoothness(picture: Tensor) -> Tensor:
    """How little neighbours differ: ``1 - mean |difference of neighbours| / mean |difference of any two pixels|``

    The total variation a pair of neighbours, along frequency and time alike, against what it would be of the same
    pixels in any order: about 0 for white noise, towards 1 for a slow ramp, below 0 where neighbours are opposites.

    Args:
        picture: (..., n_mels, n_frames).

    Returns:
        (...), at most 1; 1 for a picture of one value.
    """
    variation = torch.cat([picture.diff(dim=dim).abs().flatten(-2) for dim in (-2, -1)], dim=-1).mean(dim=-1)
    # Sorted, pixel k lies above k - 1 others and below n - k: Gini's mean difference.
    ascending = picture.flatten(-2).sort(dim=-1).values.double()
    n = ascending.shape[-1]
    rank = torch.arange(1, n + 1, device=picture.device, dtype=torch.float64)
    any_two = (ascending * (2 * rank - n - 1)).sum(dim=-1) * 2 / (n * (n - 1))
    return torch.where(any_two > 1e-12, 1 - variation / any_two.clamp_min(1e-12), 1.0).to(picture.dtype)


def spectrum_slope(picture: Tensor) -> Tensor:
    """Slope of log power against log spatial frequency: 0 for white noise, -2 alpha for amplitudes of 1/f^alpha.

    A straight line fitted to the logarithm of mean power in rings of spatial frequency (in cycles a pixel, as far
    from 0 in any direction), evenly spaced in octaves from two cycles in the shorter side to half a cycle a pixel.

    Args:
        picture: (..., n_mels, n_frames), at least 16 pixels a side.

    Returns:
        (...).

    Raises:
        ValueError: a smaller picture.

    Source: Field, Relations between the Statistics of Natural Images, 1987.
    """
    n_mels, n_frames = picture.shape[-2:]
    if min(n_mels, n_frames) < 16:
        raise ValueError(f"expected pictures of at least 16 pixels a side; got {n_mels} x {n_frames}")
    centred = picture.double() - picture.double().mean(dim=(-2, -1), keepdim=True)
    # Under a window, or a picture that does not wrap around would show the spectrum of its edges.
    window_y, window_x = (torch.hann_window(n, device=picture.device, dtype=torch.float64) for n in (n_mels, n_frames))
    power = torch.fft.fft2(centred * window_y[:, None] * window_x).abs().square().flatten(-2)
    f_y, f_x = (torch.fft.fftfreq(n, dtype=torch.float64, device=picture.device) for n in (n_mels, n_frames))
    octave = (f_y[:, None].square() + f_x.square()).clamp_min(1e-12).sqrt().log2().flatten()

    low = torch.tensor(_LOWEST / min(n_mels, n_frames)).log2().item()
    width = (torch.tensor(_HIGHEST).log2().item() - low) / _N_BINS
    ring = ((octave - low) / width).floor()
    member = (ring == torch.arange(_N_BINS, device=picture.device)[:, None]).double()  # (rings, components)
    member = member[member.any(dim=1)]
    member = member / member.sum(dim=1, keepdim=True)
    x = member @ octave
    y = (power @ member.mT).clamp_min(1e-24).log2()
    x = x - x.mean()
    return ((y @ x) / x.square().sum()).to(picture.dtype)
