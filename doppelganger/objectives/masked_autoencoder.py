"""Masked autoencoder: an encoder sees a quarter of a picture, a decoder paints the rest."""

from typing import NamedTuple

import torch
from torch import Tensor

from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking
from doppelganger.objectives.masked import MaskedObjective, take
from doppelganger.objectives.patch_decoder import PatchDecoder


class Reconstruction(NamedTuple):
    """Three pictures (batch, n_bands, n_frames): as it was, what was seen of it (the rest is nan), and filled in."""

    picture: Tensor
    masked: Tensor
    filled: Tensor


class MaskedAutoencoder(MaskedObjective):
    """Learns to fill in the hidden patches of a picture.

    Args:
        encoder, masking: see `MaskedObjective`.
        decoder_dim, decoder_depth, decoder_heads: of the decoder, which attends to the whole picture.
        norm_pix: a patch is painted less its mean, over its deviation.

    Source: He et al., Masked Autoencoders Are Scalable Vision Learners, 2022; for sound Huang et al., Masked
    Autoencoders that Listen, 2022, and Niizumi et al., Masked Spectrogram Modeling using Masked Autoencoders, 2022.
    """

    def __init__(
        self,
        encoder: AudioEncoder,
        masking: Masking | None = None,
        decoder_dim: int = 512,
        decoder_depth: int = 8,
        decoder_heads: int = 16,
        norm_pix: bool = True,
    ):
        super().__init__(encoder, masking)
        height, width = self.vit.patch_size
        self.decoder = PatchDecoder(self.vit.embed_dim, height * width, decoder_dim, decoder_depth, decoder_heads)
        self.norm_pix = norm_pix

    def forward(self, sound: Tensor, index: Tensor) -> dict[str, Tensor]:
        picture = self.encoder.picture(sound)  # (batch, 1, n_bands, n_frames)
        visible, hidden = self.masking(index, *self.vit.grid(picture))
        latent = self.encode(picture, visible)  # (batch, 1 + n_visible, dim)
        painted = self.decode(latent, visible, hidden, picture)  # (batch, n_hidden, pixels)
        return {"loss": self.loss(picture, painted, hidden)}

    def encode(self, picture: Tensor, visible: Tensor) -> Tensor:
        """Latents of the visible patches, a class token first; no hidden one is looked at."""
        return self.vit.transform(take(self.vit.embed(picture), visible))

    def decode(self, latent: Tensor, visible: Tensor, hidden: Tensor, picture: Tensor) -> Tensor:
        """The hidden patches as they are thought to be, (batch, n_hidden, pixels of a patch)."""
        return self.decoder(latent, visible, hidden, self.vit.grid(picture))

    def loss(self, picture: Tensor, painted: Tensor, hidden: Tensor) -> Tensor:
        """Mean squared error of the hidden patches."""
        target = take(self.patchify(picture), hidden)
        if self.norm_pix:
            mean, deviation = _moments(target)
            target = (target - mean) / deviation
        return (painted.float() - target).square().mean()

    def patchify(self, picture: Tensor) -> Tensor:
        """Picture (batch, 1, n_bands, n_frames) to patches (batch, n_patches, pixels of a patch), band by band."""
        height, width = self.vit.patch_size
        blocks = picture[:, 0].unflatten(1, (-1, height)).unflatten(3, (-1, width))  # (batch, rows, h, columns, w)
        return blocks.transpose(2, 3).flatten(3).flatten(1, 2)

    def unpatchify(self, patches: Tensor, grid: tuple[int, int]) -> Tensor:
        """Patches (batch, n_patches, pixels of a patch) on a grid to picture (batch, 1, n_bands, n_frames)."""
        blocks = patches.unflatten(1, grid).unflatten(3, self.vit.patch_size)
        return blocks.transpose(2, 3).flatten(3).flatten(1, 2)[:, None]

    @torch.no_grad()
    def reconstruct(self, sound: Tensor, index: Tensor) -> Reconstruction:
        """What it makes of sounds, to look at; arguments as of `forward`.

        With `norm_pix` the mean and the deviation of a hidden patch, which it does not paint, are the true ones.
        """
        picture = self.encoder.picture(sound)
        grid = self.vit.grid(picture)
        visible, hidden = self.masking(index, *grid)
        painted = self.decode(self.encode(picture, visible), visible, hidden, picture).float()
        patches = self.patchify(picture)
        if self.norm_pix:
            mean, deviation = _moments(take(patches, hidden))
            painted = painted * deviation + mean
        place = hidden[:, :, None].expand_as(painted)
        masked, filled = (patches.scatter(1, place, x) for x in (torch.full_like(painted, torch.nan), painted))
        return Reconstruction(picture[:, 0], *(self.unpatchify(x, grid)[:, 0] for x in (masked, filled)))


def _moments(patches: Tensor) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(patches, dim=2, keepdim=True)
    return mean, (variance + 1e-6).sqrt()
