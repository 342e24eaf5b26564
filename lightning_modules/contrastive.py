"""Contrastive training on doppelgängers."""

from collections.abc import Sequence

import torch
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor, nn

from doppelganger.augmentations import Augmentation
from doppelganger.encoders import Encoder, projection_head
from doppelganger.pairs import Pairs
from doppelganger.ranks import of_all_ranks
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Constant, Schedule


class ContrastiveModule(PretrainingModule):
    """Learns to recognise the doppelgänger of a sound among strangers.

    Args:
        encoder: waveform to embedding.
        objective: loss of the embeddings of two views.
        optimizer, schedule: see `PretrainingModule`; an item is a pair.
        projection_dims: sizes of layers between embedding and loss, left behind after training.
        augmentation: of the views' log-mel spectrograms, in training only.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: nn.Module,
        optimizer: OptimizerCallable,
        schedule: Schedule = Constant(),  # noqa: B008 (it holds no state)
        projection_dims: Sequence[int] = (),
        augmentation: Augmentation | None = None,
    ):
        super().__init__(encoder, optimizer, schedule)
        self.objective = objective
        self.augmentation = augmentation
        self.projection = projection_head(encoder.embedding_dim, projection_dims)

    def predict_step(self, batch: Pairs, batch_idx: int) -> dict[str, Tensor]:
        return {"index": batch.index, "theta": batch.theta_a, "embedding": self(batch.a)}

    def step(self, batch: Pairs, stage: str) -> Tensor:
        # Both views in one pass: batch norm sees them as one population.
        a, b = self.projection(self.encoder(torch.cat(self._views(batch, stage)))).chunk(2)
        # Every rank computes the loss of the whole batch.
        a, b = of_all_ranks(a), of_all_ranks(b)
        terms = {**self.objective(a, b), "partner_found": _partner_found(a, b)}
        self.log_terms(terms, stage, len(batch.index))
        return terms["loss"]

    def _views(self, batch: Pairs, stage: str) -> tuple[Tensor, Tensor]:
        """What the encoder is given of either view: the sounds, or their augmented pictures."""
        if self.augmentation is None or stage != "train":
            return batch.a, batch.b
        with torch.no_grad():  # there is nothing to learn before the encoder
            a, b = self.encoder.picture(batch.a), self.encoder.picture(batch.b)
            a, b = self.augmentation(a, batch.index, "a"), self.augmentation(b, batch.index, "b")
        return a.squeeze(1), b.squeeze(1)


def _partner_found(a: Tensor, b: Tensor) -> Tensor:
    """Share of sounds whose nearest neighbour among the other view is their partner."""
    a, b = nn.functional.normalize(a.detach()), nn.functional.normalize(b.detach())
    return ((a @ b.T).argmax(dim=1) == torch.arange(len(a), device=a.device)).float().mean()
