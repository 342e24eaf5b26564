"""Multi-tag classification of sounds."""

import math

from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.supervised import SupervisedObjective
from doppelganger.streams.labelled import LabelledSounds


class Tagging(SupervisedObjective):
    """MTC: ``-mean_t [y_t log p_t + (1 - y_t) log(1 - p_t)]``, with one linear layer on the embedding.

    Args:
        encoder: see `Objective`.

    Source: Zhou et al., Unlocking Strong Supervision, 2026 (arXiv 2603.25767), multi-tag classification.
    """

    head: nn.Linear

    def build_heads(self, labels: LabelSpace) -> None:
        self.head = tag_head(self.encoder, labels)

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        return {"loss": tag_loss(self.head(embedding), batch.labels.tags)}


def tag_head(encoder: Encoder, labels: LabelSpace) -> nn.Linear:
    """Linear layer from an embedding to one logit a tag.

    Raises:
        ValueError: there are no tags.
    """
    if not labels.tags:
        raise ValueError("expected labels with tags; got none: use a larger n_tags, or another synth")
    return rare(nn.Linear(encoder.embedding_dim, len(labels.tags)))


def rare(head: nn.Linear) -> nn.Linear:
    """Sets the bias of a head so that it predicts 1 % at first: most targets are negative.

    Source: Lin et al., Focal Loss for Dense Object Detection, 2017, section 4.1.
    """
    nn.init.constant_(head.bias, math.log(0.01 / 0.99))
    return head


def tag_loss(logits: Tensor, tags: Tensor) -> Tensor:
    """Binary cross entropy of logits (batch, n_tags) against tags, bool (batch, n_tags)."""
    return nn.functional.binary_cross_entropy_with_logits(logits.float(), tags.float())
