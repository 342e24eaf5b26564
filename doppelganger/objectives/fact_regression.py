"""Regression of facts: numbers that are true of a sound, where they are audible."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.ranks import all_reduce_sum, mean_over_ranks
from doppelganger.objectives.supervised import SupervisedObjective
from doppelganger.streams.labelled import LabelledSounds

_LEAST = 1e-4  # of facts in ratios: smaller times and frequencies count as this

Self = TypeVar("Self", bound="FactRegression")


class FactRegression(SupervisedObjective):
    """``mean huber(predicted_if - target_if)`` over all facts f that are audible in a sound i.

    Facts are standardised by the mean and deviation of all their audible values in training; facts in ratios by those
    of their logarithms. Inaudible facts do not count. Choices are not numbers: tags cover them.

    Args:
        encoder: see `Objective`.

    Source: our own; Huber, Robust Estimation of a Location Parameter, 1964.
    """

    head: nn.Linear
    columns: Tensor
    in_ratios: Tensor
    moments: Tensor  # number of audible values of each fact, their sum and their sum of squares

    def build_heads(self, labels: LabelSpace) -> None:
        """Raises ValueError where no fact is a number."""
        columns = [i for i, fact in enumerate(labels.facts) if fact.unit != "choice"]
        if not columns:
            raise ValueError("expected labels with facts that are quantities; got none: use another synth")
        self.register_buffer("columns", torch.tensor(columns), persistent=False)
        in_ratios = torch.tensor([labels.facts[i].ratio for i in columns])
        self.register_buffer("in_ratios", in_ratios, persistent=False)
        self.register_buffer("moments", torch.zeros(3, len(columns), dtype=torch.float64))
        self.head = nn.Linear(self.encoder.embedding_dim, len(columns))

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)
        if self.labels is not None:
            self.moments = self.moments.double()  # in half precision, a count ends at 256
        return self

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        quantities = self.quantities(batch.labels.facts)
        if self.training:
            self.update_moments(quantities)
        return {"loss": fact_loss(self.head(embedding).float(), self.standardised(quantities))}

    def quantities(self, facts: Tensor) -> Tensor:
        """Columns of facts (batch, n_facts) that are numbers, in octaves where steps are ratios."""
        chosen = facts[:, self.columns].double()
        return torch.where(self.in_ratios, chosen.clamp_min(_LEAST).log2(), chosen)

    @torch.no_grad()
    def update_moments(self, quantities: Tensor) -> None:
        """Adds audible values to the moments."""
        audible = quantities.isfinite()
        x = torch.where(audible, quantities, 0.0)
        self.moments += all_reduce_sum(torch.stack([audible.sum(dim=0), x.sum(dim=0), x.square().sum(dim=0)]))

    def standardised(self, quantities: Tensor) -> Tensor:
        """Standardised facts: float32, nan where inaudible."""
        n, total, squares = self.moments
        mean = total / n.clamp_min(1)
        variance = squares / n.clamp_min(1) - mean.square()
        # A fact that is always the same has no deviation to divide by.
        deviation = torch.where(variance > 1e-9, variance, 1.0).sqrt()
        return ((quantities - mean) / deviation).float()


def fact_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean Huber loss over all audible facts.

    Args:
        predicted: (batch, n_facts).
        target: (batch, n_facts), not finite where a fact is inaudible; its gradient is 0 there.
    """
    audible = target.isfinite()
    error = torch.where(audible, predicted - torch.where(audible, target, 0.0), 0.0)
    huber = nn.functional.huber_loss(error, torch.zeros_like(error), reduction="none")
    return mean_over_ranks(huber.sum(), audible.sum())
