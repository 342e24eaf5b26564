"""Contrastive learning and regression of facts at once."""

from collections.abc import Sequence

from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.encoders.encoder import Encoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.fact_regression import FactRegression
from doppelganger.streams.labelled_pairs import LabelledPairs


class ContrastiveFacts(Contrastive, FactRegression):
    """``L_contrastive + weight * L_facts``: see `Contrastive` and `FactRegression`; the facts are of the first views.

    Args:
        encoder, loss, projection_dims, augmentation, waveform_augmentation: see `Contrastive`.
        weight: weight of the facts' loss.

    Source: our own.
    """

    def __init__(
        self,
        encoder: Encoder,
        loss: nn.Module,
        projection_dims: Sequence[int] = (),
        augmentation: Augmentation | None = None,
        weight: float = 1.0,
        waveform_augmentation: Augmentation | None = None,
    ):
        super().__init__(encoder, loss, projection_dims, augmentation, waveform_augmentation)
        self.weight = weight

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride] (both bases take less)
        self, batch: LabelledPairs
    ) -> dict[str, Tensor]:
        embedding = self.encoder(self.views(batch))
        contrast = self.contrast(embedding)
        first = embedding[: len(batch.a)]
        facts = self.terms(first, first[:, None], batch.first)["loss"]
        loss = contrast["loss"] + self.weight * facts
        return {**contrast, "loss": loss, "contrast": contrast["loss"], "facts": facts}
