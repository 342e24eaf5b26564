"""Objective: what an encoder learns."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from doppelganger.recipe import HasRecipe
from doppelganger.streams.stream import Stream


class Objective(nn.Module, HasRecipe, ABC):
    """Base of all objectives: an encoder, the layers that only training needs, and a loss.

    Args:
        encoder: the part that stays after training.
    """

    encoder: Encoder

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder = encoder

    def build(self, stream: Stream | None) -> None:
        """Makes the layers whose sizes the data decides; called once, before there is an optimizer.

        Args:
            stream: the training data; none for a data module of the user's own.
        """

    @abstractmethod
    def forward(self, batch: Any) -> dict[str, Tensor]:
        """The loss of a batch.

        Args:
            batch: batch of the stream: `Pairs`, `Sounds` or `LabelledSounds`.

        Returns:
            "loss" and the terms to log, each a scalar.
        """

    def after_step(self) -> None:
        """Updates a moving average or a queue; called after every optimizer step, not after every accumulated batch."""

    def rebuild(self, recipe: Mapping[str, Any]) -> None:
        """Makes the layers of `build` from a recipe, without data; once they are made, checks that they are the same.

        Raises:
            ValueError: a recipe of other data.
        """
