"""The bases of all augmentations."""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

from doppelganger.recipe import HasRecipe
from synths import random

Domain = Literal["waveform", "spectrogram"]


class Augmentation(nn.Module, HasRecipe, ABC):
    """Base of all augmentations: a random change that is the same whenever it is repeated.

    Nothing is drawn from a global generator: what happens to an item depends on the seed, its number and its view. A
    subclass derives from `WaveformAugmentation`, which acts before the front end, or `SpectrogramAugmentation`, which
    acts after it.

    Args:
        seed: seed for all random draws.
    """

    domain: Domain

    def __init__(self, seed: int = 0):
        super().__init__()
        self.seed = seed

    def uniform(self, index: Tensor, n: int, view: str) -> Tensor:
        """n numbers an item in [0, 1) for this class of augmentation: float32 (batch, n)."""
        return random.uniform(index, n, seed=self.seed, stream=f"{type(self).__name__} {view}")


class SpectrogramAugmentation(Augmentation):
    """Base of augmentations of log-mel spectrograms. Args: see `Augmentation`."""

    domain: Domain = "spectrogram"

    @abstractmethod
    def forward(self, spectrogram: Tensor, index: Tensor, view: str = "") -> Tensor:
        """Augmented log-mel spectrograms.

        Args:
            spectrogram: (batch, 1, n_bands, n_frames), as `FrontEnd` makes them.
            index: int64 (batch,), indices of the items.
            view: "a" or "b"; views of one item are augmented independently.

        Returns:
            (batch, 1, n_bands, n_frames).
        """


class WaveformAugmentation(Augmentation):
    """Base of augmentations of waveforms. Args: see `Augmentation`.

    A subclass to which the sample rate matters sets `sample_rate`, in Hz; 0 stands for any.
    """

    domain: Domain = "waveform"
    sample_rate: int = 0

    @abstractmethod
    def forward(self, waveform: Tensor, index: Tensor, view: str = "") -> Tensor:
        """Augmented waveforms.

        Args:
            waveform: (batch, n_samples).
            index: int64 (batch,), indices of the items.
            view: "a" or "b"; views of one item are augmented independently.

        Returns:
            (batch, n_samples).
        """


def other_items(place: Tensor) -> Tensor:
    """Another item of the batch for each item: int64 (batch,), indices into the batch.

    Args:
        place: (batch,) in [0, 1), how many places further in the batch, as a share of the other items; a batch of at
            least two.
    """
    n = len(place)
    step = 1 + (place * (n - 1)).long()
    return (torch.arange(n, device=place.device) + step) % n
