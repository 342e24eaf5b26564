"""LogMixup: another sound of the batch in the background."""

import torch
from torch import Tensor

from doppelganger.augmentations.augmentation import SpectrogramAugmentation, other_items


class LogMixup(SpectrogramAugmentation):
    """Mixes in another item of the batch: ``log((1 - alpha) exp(x) + alpha exp(z))``, alpha from U(0, ratio).

    As in BYOL-A, x and z are standardised log-mels, so that a spectrogram of deviation d is mixed as the 1/d-th power
    of its energies. Which item z is follows from the seed, index and view, as a number of places further in the
    batch; a batch of the same items gives the same mixtures.

    Args:
        ratio: the largest alpha.
        seed: seed for all random draws.

    Raises:
        ValueError: a ratio outside [0, 1].

    Source: Niizumi et al., BYOL for Audio, 2021, section III-B (Mixup); there z comes from a memory of 2048 sounds.
    """

    def __init__(self, ratio: float = 0.4, seed: int = 0):
        if not 0 <= ratio <= 1:
            raise ValueError(f"ratio: expected a number in [0, 1]; got {ratio}")
        super().__init__(seed)
        self.ratio = ratio

    def forward(self, spectrogram: Tensor, index: Tensor, view: str = "") -> Tensor:
        if len(spectrogram) < 2:
            return spectrogram
        alpha, place = self.uniform(index, 2, view).to(spectrogram.device).unbind(dim=1)
        alpha = (self.ratio * alpha)[:, None, None, None]
        return torch.logaddexp(spectrogram + (1 - alpha).log(), spectrogram[other_items(place)] + alpha.log())
