"""Multi-task: tags and captions at once."""

from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.captioning import Captioning
from doppelganger.objectives.tagging import tag_head, tag_loss
from doppelganger.streams.labelled import LabelledSounds


class MultiTask(Captioning):
    """``L_tags + weight * L_captions``: see `Tagging` and `Captioning`.

    Args:
        encoder, dim, depth, n_heads, longest, parallel: see `Captioning`.
        weight: weight of the caption loss, lambda in the paper.

    Source: Zhou et al., Unlocking Strong Supervision, 2026 (arXiv 2603.25767), multi-task.
    """

    head: nn.Linear

    def __init__(
        self,
        encoder: Encoder,
        dim: int = 192,
        depth: int = 2,
        n_heads: int = 3,
        longest: int = 64,
        parallel: float = 0.75,
        weight: float = 1.0,
    ):
        super().__init__(encoder, dim, depth, n_heads, longest, parallel)
        self.weight = weight

    def build_heads(self, labels: LabelSpace) -> None:
        super().build_heads(labels)
        self.head = tag_head(self.encoder, labels)

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        tags = tag_loss(self.head(embedding), batch.labels.tags)
        captions = super().terms(embedding, frames, batch)["loss"]
        return {"loss": tags + self.weight * captions, "tags": tags, "captions": captions}
