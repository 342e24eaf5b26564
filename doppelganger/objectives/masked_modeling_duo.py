"""Masked modeling duo: one encoder sees, another hears the rest, and the first foretells the second."""

import copy

import torch
from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking
from doppelganger.objectives.masked import MaskedObjective, take
from doppelganger.objectives.patch_decoder import PatchDecoder


class MaskedModelingDuo(MaskedObjective):
    """Learns to foretell the latents that a slowly following copy of the encoder has of the hidden patches.

    ``loss = 2 - 2 cos(foretold, latent)``, the mean over hidden patches. The copy sees the hidden patches alone, and
    its latents are standardised over the batch and the patches.

    Args:
        encoder, masking: see `MaskedObjective`.
        decoder_dim, decoder_depth, decoder_heads: of the predictor.
        decay: how much of the copy stays at each step.

    Raises:
        ValueError: a decay outside [0, 1).

    Source: Niizumi et al., Masked Modeling Duo: Learning Representations by Encouraging Both Networks to Model the
    Input, 2023, section 3.
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
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1; got {decay:g}")
        dim = self.vit.embed_dim
        self.predictor = PatchDecoder(dim, dim, decoder_dim, decoder_depth, decoder_heads)
        self.target = copy.deepcopy(self.vit).requires_grad_(False).eval()
        self.decay = decay

    def train(self, mode: bool = True) -> "MaskedModelingDuo":
        super().train(mode)
        self.target.eval()  # what it hears does not hang on what is dropped
        return self

    def forward(self, sound: Tensor, index: Tensor) -> dict[str, Tensor]:
        picture = self.encoder.picture(sound)
        grid = self.vit.grid(picture)
        visible, hidden = self.masking(index, *grid)
        latent = self.vit.transform(take(self.vit.embed(picture), visible))
        foretold = self.predictor(latent, visible, hidden, grid)
        similarity = nn.functional.cosine_similarity(foretold.float(), self.heard(picture, hidden), dim=2)
        return {"loss": 2 - 2 * similarity.mean()}

    @torch.no_grad()
    def heard(self, picture: Tensor, hidden: Tensor) -> Tensor:
        """The copy's latents of the hidden patches, standardised: (batch, n_hidden, dim)."""
        latent = self.target.transform(take(self.target.embed(picture), hidden))[:, 1:].float()
        variance, mean = torch.var_mean(latent, dim=(0, 1))
        return (latent - mean) / (variance + 1e-6).sqrt()

    @torch.no_grad()
    def after_step(self) -> None:
        """The copy follows."""
        for slow, fast in zip(self.target.parameters(), self.vit.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.decay)
