"""Masked modeling duo: an online encoder predicts an EMA target encoder's latents of the masked patches."""

import torch
from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking
from doppelganger.objectives.masked import MaskedObjective, moments, take
from doppelganger.objectives.moving_average import require_decay, target_of, update_target
from doppelganger.objectives.patch_decoder import PatchDecoder
from doppelganger.streams.sounds import Sounds


class MaskedModelingDuo(MaskedObjective):
    """``loss = 2 - 2 cos(predicted, target)``, the mean over masked patches.

    The target encoder gets the masked patches alone; each latent is standardised by its own mean and deviation.

    Args:
        encoder, masking: see `MaskedObjective`.
        decoder_dim, decoder_depth, decoder_heads: width, depth and heads of the predictor.
        decay: share of the target encoder that stays at each step.

    Raises:
        ValueError: a decay outside [0, 1).

    Source: Niizumi et al., Masked Modeling Duo: Learning Representations by Encouraging Both Networks to Model the
    Input, 2023, section 3, and public code (nttcslab/m2d: M2DViT.forward_loss, whose targets are standardised over
    dim=-1). There the target starts from random weights of its own and shares the online encoder's patch embedding;
    here it starts as a copy of the whole online encoder.
    """

    def __init__(
        self,
        encoder: AudioEncoder,
        masking: Masking | None = None,
        decoder_dim: int = 512,
        decoder_depth: int = 8,
        decoder_heads: int = 16,
        decay: float = 0.99995,
    ):
        super().__init__(encoder, masking)
        require_decay(decay)
        dim = self.vit.embed_dim
        self.predictor = PatchDecoder(dim, dim, decoder_dim, decoder_depth, decoder_heads)
        self.target = target_of(self.vit).eval()
        self.decay = decay

    def train(self, mode: bool = True) -> "MaskedModelingDuo":
        super().train(mode)
        self.target.eval()  # targets do not depend on drop path
        return self

    def forward(self, batch: Sounds) -> dict[str, Tensor]:
        spectrogram = self.encoder.spectrogram(batch.sound)
        grid = self.vit.grid(spectrogram)
        visible, masked = self.masking(batch.index, *grid)
        latent = self.vit.transform(take(self.vit.embed(spectrogram), visible))
        predicted = self.predictor(latent, visible, masked, grid)
        similarity = nn.functional.cosine_similarity(predicted.float(), self.targets(spectrogram, masked), dim=2)
        return {"loss": 2 - 2 * similarity.mean()}

    @torch.no_grad()
    def targets(self, spectrogram: Tensor, masked: Tensor) -> Tensor:
        """The target encoder's latents of the masked patches, standardised: (batch, n_masked, dim)."""
        latent = self.target.transform(take(self.target.embed(spectrogram), masked))[:, 1:].float()
        mean, deviation = moments(latent)
        return (latent - mean) / deviation

    def after_step(self) -> None:
        update_target(self.target, self.vit, self.decay)
