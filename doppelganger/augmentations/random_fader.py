"""RandomFader: a linear change of level over time."""

import torch
from torch import Tensor

from doppelganger.augmentations.augmentation import SpectrogramAugmentation


class RandomFader(SpectrogramAugmentation):
    """Adds a straight line over time, from one level in U(-gain, gain) to another.

    Args:
        gain: the largest level at either end, in deviations of the log-mel (see `FrontEnd`).
        seed: seed for all random draws.

    Source: Niizumi et al., BYOL for Audio: Exploring Pre-trained General-purpose Audio Representations, IEEE/ACM
    TASLP 2023, section III-C (Random Linear Fader); gain 1 there.
    """

    def __init__(self, gain: float = 1.0, seed: int = 0):
        super().__init__(seed)
        self.gain = gain

    def forward(self, spectrogram: Tensor, index: Tensor, view: str = "") -> Tensor:
        ends = self.gain * (2 * self.uniform(index, 2, view) - 1)
        head, tail = ends.to(spectrogram.device)[:, :, None, None, None].unbind(dim=1)
        place = torch.linspace(0, 1, spectrogram.shape[-1], device=spectrogram.device, dtype=head.dtype)
        return spectrogram + torch.lerp(head, tail, place)
