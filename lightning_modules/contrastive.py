"""Contrastive training on doppelgängers."""

from collections.abc import Sequence

import torch
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder
from doppelganger.objectives.projection import projection_head
from doppelganger.objectives.ranks import all_gather_with_grad
from doppelganger.streams.pairs import Pairs
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Constant, Schedule


class ContrastiveModule(PretrainingModule):
    """Learns to recognise the doppelgänger of a sound among strangers.

    Args:
        encoder: waveform to embedding.
        objective: loss of the embeddings of two views.
        optimizer, schedule: see `PretrainingModule`; an item is a pair.
        projection_dims: sizes of layers between embedding and loss, left behind after training.
    """

    def __init__(
        self,
        encoder: AudioEncoder,
        objective: nn.Module,
        optimizer: OptimizerCallable,
        schedule: Schedule = Constant(),  # noqa: B008 (it holds no state)
        projection_dims: Sequence[int] = (),
    ):
        super().__init__(encoder, optimizer, schedule)
        self.objective = objective
        self.projection = projection_head(encoder.embedding_dim, projection_dims)

    def predict_step(self, batch: Pairs, batch_idx: int) -> dict[str, Tensor]:
        return {"index": batch.index, "theta": batch.theta_a, "embedding": self(batch.a)}

    def step(self, batch: Pairs, stage: str) -> Tensor:
        # Both views in one pass: batch norm sees them as one population.
        a, b = self.projection(self.encoder(torch.cat([batch.a, batch.b]))).chunk(2)
        # Every rank computes the loss of the whole batch.
        a, b = all_gather_with_grad(a), all_gather_with_grad(b)
        terms = {**self.objective(a, b), "top1_accuracy": _top1_accuracy(a, b)}
        self.log_terms(terms, stage, len(batch.index))
        return terms["loss"]


def _top1_accuracy(a: Tensor, b: Tensor) -> Tensor:
    """Share of sounds whose nearest neighbour among the other view is their partner."""
    a, b = nn.functional.normalize(a.detach()), nn.functional.normalize(b.detach())
    return ((a @ b.T).argmax(dim=1) == torch.arange(len(a), device=a.device)).float().mean()
