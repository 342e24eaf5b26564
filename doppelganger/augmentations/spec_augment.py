"""SpecAugment: mask bands and frames of spectrograms."""

import torch
from torch import Tensor

from doppelganger.augmentations.augmentation import SpectrogramAugmentation


class SpecAugment(SpectrogramAugmentation):
    """Replaces one range of bands and one range of frames of each spectrogram by its mean.

    Widths are uniform over 0, …, n - 1; starts too over those that fit, but for the last, as in torchaudio's masks.
    Every clip gets its own.

    Args:
        n_bands, n_frames: upper limit of the width of a mask, in bands and in frames.
        seed: seed for all random draws.

    Source: Park et al., SpecAugment, 2019; one mask of each kind.
    """

    def __init__(self, n_bands: int = 12, n_frames: int = 20, seed: int = 0):
        super().__init__(seed)
        self.n_bands, self.n_frames = n_bands, n_frames

    def forward(self, spectrogram: Tensor, index: Tensor, view: str = "") -> Tensor:
        draws = self.uniform(index, 4, view).to(spectrogram.device).T
        bands = _ranges(draws[:2], spectrogram.shape[2], self.n_bands)[:, None, :, None]
        frames = _ranges(draws[2:], spectrogram.shape[3], self.n_frames)[:, None, None, :]
        return torch.where(bands | frames, spectrogram.mean(dim=(2, 3), keepdim=True), spectrogram)


def _ranges(draws: Tensor, size: int, limit: int) -> Tensor:
    """A range of `size` positions for each item, from two numbers in [0, 1), (2, batch): bool (batch, size)."""
    width = draws[0, :, None] * min(limit, size)
    start = (draws[1, :, None] * (size - width)).long()
    position = torch.arange(size, device=width.device)
    return (position >= start) & (position < start + width.long())
