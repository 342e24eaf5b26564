"""BYOL: an online encoder predicts the projection that an EMA target encoder makes of the other view."""

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.encoders.encoder import Encoder
from doppelganger.objectives.moving_average import require_decay, target_of, update_target
from doppelganger.objectives.projection import projection_head
from doppelganger.objectives.two_view import TwoViewObjective, top1_accuracy
from doppelganger.streams.pairs import Pairs


class BYOL(TwoViewObjective):
    """``loss = sum over (a, b) and (b, a) of [2 - 2 cos(predict(online(a)), target(b))]``.

    No other sound of the batch takes part in the loss. Batch norm uses the statistics of all ranks.

    Args:
        encoder, augmentation, waveform_augmentation: see `TwoViewObjective`; the online encoder.
        hidden_dim, projection_dim: sizes of the projector's and the predictor's two layers.
        decay: share of the target that stays at each step.

    Raises:
        ValueError: a decay outside [0, 1).

    Source: Grill et al., Bootstrap Your Own Latent, 2020, section 3; the sizes and the decay of Niizumi et al., BYOL
    for Audio, 2021 (arXiv 2103.06695), section 4, and public code (config.yaml: proj_size 256, proj_dim 4096,
    ema_decay 0.99).
    """

    def __init__(
        self,
        encoder: Encoder,
        augmentation: Augmentation | None = None,
        hidden_dim: int = 4096,
        projection_dim: int = 256,
        decay: float = 0.99,
        waveform_augmentation: Augmentation | None = None,
    ):
        super().__init__(encoder, augmentation, waveform_augmentation)
        require_decay(decay)
        self.projector = projection_head(encoder.embedding_dim, [hidden_dim, projection_dim])
        self.predictor = projection_head(projection_dim, [hidden_dim, projection_dim])
        self.target_encoder = target_of(encoder)
        self.target_projector = target_of(self.projector)
        self.decay = decay

    def forward(self, batch: Pairs) -> dict[str, Tensor]:
        views = self.views(batch)
        predicted_a, predicted_b = self.predictor(self.projector(self.encoder(views))).chunk(2)
        with torch.no_grad():
            target_a, target_b = self.target_projector(self.target_encoder(views)).chunk(2)
        loss = _distance(predicted_a, target_b) + _distance(predicted_b, target_a)
        return {"loss": loss, "top1_accuracy": top1_accuracy(predicted_a, target_b)}

    def after_step(self) -> None:
        update_target(self.target_encoder, self.encoder, self.decay)
        update_target(self.target_projector, self.projector, self.decay)


def _distance(predicted: Tensor, target: Tensor) -> Tensor:
    return 2 - 2 * nn.functional.cosine_similarity(predicted.float(), target.float(), dim=1).mean()
