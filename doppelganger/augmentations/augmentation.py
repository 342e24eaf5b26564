"""The base of all augmentations."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from doppelganger.recipe import HasRecipe
from synths import random


class Augmentation(nn.Module, HasRecipe, ABC):
    """Base of all augmentations: a random change of log-mel spectrograms that is the same whenever it is repeated.

    Nothing is drawn from a global generator: what happens to an item depends on the seed, its number and its view.

    Args:
        seed: the experiment's seed.
    """

    def __init__(self, seed: int = 0):
        super().__init__()
        self.seed = seed

    @abstractmethod
    def forward(self, picture: Tensor, index: Tensor, view: str = "") -> Tensor:
        """Augmented log-mel spectrograms.

        Args:
            picture: (batch, 1, n_bands, n_frames), as `FrontEnd` makes them.
            index: int64 (batch,), the items' numbers.
            view: "a" or "b"; views of one item are augmented independently.

        Returns:
            (batch, 1, n_bands, n_frames).
        """

    def uniform(self, index: Tensor, n: int, view: str) -> Tensor:
        """n numbers an item in [0, 1) for this class of augmentation: float32 (batch, n)."""
        return random.uniform(index, n, seed=self.seed, stream=f"{type(self).__name__} {view}")
