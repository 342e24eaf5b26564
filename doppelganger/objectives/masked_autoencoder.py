"""Masked autoencoder: from the visible patches of a spectrogram, a decoder predicts the masked ones."""

from typing import NamedTuple

import torch
from torch import Tensor

from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking
from doppelganger.objectives.masked import MaskedObjective, moments, take
from doppelganger.objectives.patch_decoder import PatchDecoder
from doppelganger.streams.sounds import Sounds


class Reconstruction(NamedTuple):
    """Spectrograms (batch, n_bands, n_frames): the input, the same with nan at masked patches, and the prediction."""

    spectrogram: Tensor
    masked: Tensor
    predicted: Tensor


class MaskedAutoencoder(MaskedObjective):
    """Mean squared error of the masked patches, ``mean (predicted - patch)^2``.

    Args:
        encoder, masking: see `MaskedObjective`.
        decoder_dim, decoder_depth, decoder_heads: width, depth and heads of the decoder.
        norm_pix: standardise each target patch by its own mean and deviation.

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

    def forward(self, batch: Sounds) -> dict[str, Tensor]:
        spectrogram = self.encoder.spectrogram(batch.sound)  # (batch, 1, n_bands, n_frames)
        visible, masked = self.masking(batch.index, *self.vit.grid(spectrogram))
        latent = self.encode(spectrogram, visible)  # (batch, 1 + n_visible, dim)
        predicted = self.decode(latent, visible, masked, spectrogram)  # (batch, n_masked, pixels)
        return {"loss": self.loss(spectrogram, predicted, masked)}

    def encode(self, spectrogram: Tensor, visible: Tensor) -> Tensor:
        """Latents of the visible patches alone, a class token first: (batch, 1 + n_visible, dim)."""
        return self.vit.transform(take(self.vit.embed(spectrogram), visible))

    def decode(self, latent: Tensor, visible: Tensor, masked: Tensor, spectrogram: Tensor) -> Tensor:
        """Prediction of the masked patches, (batch, n_masked, pixels of a patch)."""
        return self.decoder(latent, visible, masked, self.vit.grid(spectrogram))

    def loss(self, spectrogram: Tensor, predicted: Tensor, masked: Tensor) -> Tensor:
        """Mean squared error of the masked patches."""
        target = take(self.patchify(spectrogram), masked)
        if self.norm_pix:
            mean, deviation = moments(target)
            target = (target - mean) / deviation
        return (predicted.float() - target).square().mean()

    def patchify(self, spectrogram: Tensor) -> Tensor:
        """Spectrogram (batch, 1, n_bands, n_frames) to patches (batch, n_patches, pixels of a patch), band by band."""
        height, width = self.vit.patch_size
        blocks = spectrogram[:, 0].unflatten(1, (-1, height)).unflatten(3, (-1, width))  # (batch, rows, h, columns, w)
        return blocks.transpose(2, 3).flatten(3).flatten(1, 2)

    def unpatchify(self, patches: Tensor, grid: tuple[int, int]) -> Tensor:
        """Patches (batch, n_patches, pixels of a patch) on a grid to spectrogram (batch, 1, n_bands, n_frames)."""
        blocks = patches.unflatten(1, grid).unflatten(3, self.vit.patch_size)
        return blocks.transpose(2, 3).flatten(3).flatten(1, 2)[:, None]

    @torch.no_grad()
    def reconstruct(self, sound: Tensor, index: Tensor) -> Reconstruction:
        """Spectrograms for a figure, of sounds (batch, n_samples) and their indices int64 (batch,).

        With `norm_pix`, which does not predict the mean and the deviation of a patch, those of the input are used.
        """
        spectrogram = self.encoder.spectrogram(sound)
        grid = self.vit.grid(spectrogram)
        visible, masked = self.masking(index, *grid)
        predicted = self.decode(self.encode(spectrogram, visible), visible, masked, spectrogram).float()
        patches = self.patchify(spectrogram).float()  # as predicted, whatever the precision of the weights
        if self.norm_pix:
            mean, deviation = moments(take(patches, masked))
            predicted = predicted * deviation + mean
        place = masked[:, :, None].expand_as(predicted)
        shown = (patches.scatter(1, place, x) for x in (torch.full_like(predicted, torch.nan), predicted))
        return Reconstruction(spectrogram[:, 0], *(self.unpatchify(x, grid)[:, 0] for x in shown))
