"""SpecAugment: mask bands and frames of spectrograms."""

import torch
from torch import Tensor, nn


class SpecAugment(nn.Module):
    """Replaces one range of bands and one range of frames of each spectrogram by its mean.

    Widths are uniform over 0, …, n - 1, starts uniform over all that fit; every clip gets its own masks.

    Args:
        n_bands, n_frames: upper limit of the width of a mask, in bands and in frames.

    Source: Park et al., SpecAugment, 2019; one mask of each kind.
    """

    def __init__(self, n_bands: int = 12, n_frames: int = 20):
        super().__init__()
        self.n_bands, self.n_frames = n_bands, n_frames

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Spectrogram (batch, 1, n_bands, n_frames) to one of the same shape."""
        mean = spectrogram.mean(dim=(2, 3), keepdim=True)
        bands = _ranges(spectrogram, spectrogram.shape[2], self.n_bands)[..., None]
        frames = _ranges(spectrogram, spectrogram.shape[3], self.n_frames)[..., None, :]
        return torch.where(bands | frames, mean, spectrogram)


def _ranges(spectrogram: Tensor, size: int, limit: int) -> Tensor:
    """A random range of `size` positions for each spectrogram (batch, 1, ...): bool (batch, 1, size)."""
    shape, device = (*spectrogram.shape[:2], 1), spectrogram.device
    width = torch.rand(shape, device=device) * min(limit, size)
    start = (torch.rand(shape, device=device) * (size - width)).long()
    position = torch.arange(size, device=device)
    return (position >= start) & (position < start + width.long())
