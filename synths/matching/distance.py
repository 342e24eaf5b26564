"""Distance of sounds from their targets: spectra at three time scales and the envelope, at equal loudness."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

# Lengths of the spectra that are compared, in samples.
_WINDOWS = (2048, 512, 128)

# Power below which a spectrum's bin counts as silent: 60 to 84 dB below a full-scale sine, by window. At
# auraloss's own floor, 110 to 134 dB, inaudible differences outweigh audible ones, and silence beats a wrong pitch.
_FLOOR = 1e-3

# Length of a frame of the envelope in samples, and the mean square below which one counts as silent.
_FRAME, _SILENT = 256, 1e-6

# Largest gain, and the mean square of a sound to which gains are computed.
_LARGEST_GAIN, _LEAST = 1e3, 1e-12


class Distance:
    """Spectral plus envelope distance of sounds that are brought to the RMS level of their targets.

    Args:
        target: (batch, n_samples), with a peak near 1: the floors of spectra and envelope are absolute.

    Raises:
        ValueError: a target shorter than the shortest window.

    Gradient: flows to sounds, through their gain as well.
    """

    def __init__(self, target: Tensor):
        self.spectral, self.envelope = SpectralDistance(target), EnvelopeDistance(target)
        self.mean_square = target.square().mean(dim=1)

    def gain(self, sound: Tensor, row: Tensor) -> Tensor:
        """Factor, at most 1000, from each sound (n, n_samples) to the level of the target in its row (n,). (n,)"""
        level = self.mean_square[row]
        least = (level / _LARGEST_GAIN**2).clamp_min(_LEAST)
        return level.sqrt() / sound.square().mean(dim=1).maximum(least).sqrt()

    def __call__(self, sound: Tensor, row: Tensor) -> Tensor:
        """Distance of each sound (n, n_samples) from the target in its row (n,). Returns (n,)."""
        sound = sound * self.gain(sound, row)[:, None]
        return self.spectral(sound, row) + self.envelope(sound, row)


class SpectralDistance:
    """The multi-resolution STFT loss, one number per row.

    For magnitudes S of the sound and T of the target, as the mean over three lengths of spectra:
    ``|S - T| / |T| + mean(abs(log S - log T))``, with |.| the root of the sum of squares.

    Args:
        target: (batch, n_samples).

    Raises:
        ValueError: a target shorter than the shortest window.

    Source: Yamamoto, Song and Kim, Parallel WaveGAN, 2020; as in auraloss (Steinmetz and Reiss, 2020), which
    takes the mean over a batch.
    """

    def __init__(self, target: Tensor):
        lengths = [length for length in _WINDOWS if length <= target.shape[-1]]
        if not lengths:
            raise ValueError(f"expected sounds of at least {_WINDOWS[-1]} samples to compare; got {target.shape[-1]}")
        self.windows = [torch.hann_window(length, dtype=target.dtype, device=target.device) for length in lengths]
        self.spectra = [_magnitude(target, window) for window in self.windows]

    def __call__(self, sound: Tensor, row: Tensor) -> Tensor:
        """Distance of each sound (n, n_samples) from the target in its row (n,). Returns (n,)."""
        terms = []
        for window, spectra in zip(self.windows, self.spectra, strict=True):
            S, T = _magnitude(sound, window), spectra[row]
            terms.append((S - T).norm(dim=(1, 2)) / T.norm(dim=(1, 2)))
            terms.append((S / T).log().abs().mean(dim=(1, 2)))
        return torch.stack(terms).sum(dim=0) / len(self.windows)


class EnvelopeDistance:
    """``mean(abs(log E - log F))`` of the RMS levels E of a sound and F of its target, in overlapping frames.

    Args:
        target: (batch, n_samples).
    """

    def __init__(self, target: Tensor):
        self.levels = _log_level(target)

    def __call__(self, sound: Tensor, row: Tensor) -> Tensor:
        """Distance of each sound (n, n_samples) from the target in its row (n,). Returns (n,)."""
        return (_log_level(sound) - self.levels[row]).abs().mean(dim=1)


def _magnitude(sound: Tensor, window: Tensor) -> Tensor:
    """(n, n_samples) -> (n, bins, frames), at least the root of the floor."""
    n = len(window)
    spectrum = torch.stft(sound, n, n // 4, n, window, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2).clamp_min(_FLOOR).sqrt()


def _log_level(sound: Tensor) -> Tensor:
    """(n, n_samples) -> (n, frames)."""
    n = min(_FRAME, sound.shape[1])
    return avg_pool1d(sound.square()[:, None], n, max(1, n // 2))[:, 0].clamp_min(_SILENT).log() / 2
