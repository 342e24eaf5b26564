"""SpecAugment: masks of bands and of frames."""

import torchaudio
from torch import Tensor, nn


class SpecAugment(nn.Module):
    """Hides bands and stretches of time of every picture, each clip's own, behind its mean.

    Args:
        n_bands, n_frames: how wide a hidden band and how long a hidden stretch may be, in bands and frames.

    Source: Park et al., SpecAugment, 2019; one mask of each kind.
    """

    def __init__(self, n_bands: int = 12, n_frames: int = 20):
        super().__init__()
        self.bands = torchaudio.transforms.FrequencyMasking(n_bands, iid_masks=True)
        self.frames = torchaudio.transforms.TimeMasking(n_frames, iid_masks=True)

    def forward(self, picture: Tensor) -> Tensor:
        """Picture (batch, 1, n_bands, n_frames) to one like it."""
        mean = picture.mean(dim=(2, 3), keepdim=True)
        return self.frames(self.bands(picture - mean)) + mean
