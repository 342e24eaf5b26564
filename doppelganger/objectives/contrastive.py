"""Contrastive learning: the two views of a sound together, other sounds apart."""

import inspect
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.encoders.encoder import Encoder
from doppelganger.objectives.projection import projection_head
from doppelganger.objectives.ranks import all_gather_with_grad
from doppelganger.objectives.two_view import TwoViewObjective, top1_accuracy
from doppelganger.streams.pairs import Pairs


class Contrastive(TwoViewObjective):
    """A loss of the embeddings of two views.

    Args:
        encoder, augmentation, waveform_augmentation: see `TwoViewObjective`.
        loss: any module of two embeddings (batch, dim) that returns a loss, or a dict with "loss" and terms to log:
            one of `doppelganger.objectives.losses`, or of lightly. It gets the embeddings of all ranks.
        projection_dims: sizes of the layers between embedding and loss, which only training needs.

    Raises:
        ValueError: a loss that takes anything else than two embeddings, or that gathers them by itself.
    """

    def __init__(
        self,
        encoder: Encoder,
        loss: nn.Module,
        projection_dims: Sequence[int] = (),
        augmentation: Augmentation | None = None,
        waveform_augmentation: Augmentation | None = None,
    ):
        super().__init__(encoder, augmentation, waveform_augmentation)
        _require_two(loss)
        _require_no_gathering(loss)
        self.loss = loss
        self.projection = projection_head(encoder.embedding_dim, projection_dims)

    def forward(self, batch: Pairs) -> dict[str, Tensor]:
        # Both views in one pass: batch norm sees them as one population.
        return self.contrast(self.encoder(self.views(batch)))

    def contrast(self, embedding: Tensor) -> dict[str, Tensor]:
        """The loss and its terms, given the embeddings of all views a, then all views b: (2 * batch, dim)."""
        a, b = self.projection(embedding).chunk(2)
        a, b = all_gather_with_grad(a), all_gather_with_grad(b)
        try:
            terms = self.loss(a, b)
        except (TypeError, ValueError, IndexError, RuntimeError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise ValueError(
                f"loss: expected one of two embeddings (batch, dim); {type(self.loss).__name__} fails on two of "
                f"{tuple(a.shape)}: {error}"
            ) from error
        terms = terms if isinstance(terms, Mapping) else {"loss": terms}
        return {**terms, "top1_accuracy": top1_accuracy(a, b)}


def _require_two(loss: nn.Module) -> None:
    signature = inspect.signature(loss.forward)
    try:
        signature.bind("a", "b")
    except TypeError:
        raise ValueError(
            f"loss: expected a module of two embeddings, forward(a, b); {type(loss).__name__} has forward{signature}"
        ) from None


def _require_no_gathering(loss: nn.Module) -> None:
    """Refuse lightly's option: of what is gathered twice, the copies of a sound count as others."""
    if any(getattr(part, "gather_distributed", False) for part in loss.modules()):
        raise ValueError(
            f"loss: expected {type(loss).__name__} with gather_distributed: false, since a loss gets the embeddings of "
            "all ranks; got true"
        )
