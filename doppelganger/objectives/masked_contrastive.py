"""Contrastive learning from views with masked patches: only the visible patches are encoded."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking, TimeFrequencyMasking
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.masked import take, vit_of
from doppelganger.objectives.projection import projection_head
from doppelganger.streams.pairs import Pairs


class MaskedContrastive(Contrastive):
    """A loss of the mean latents of the visible patches of two views, each with a mask of its own.

    With three quarters of the patches masked a step costs about a quarter, so that batches can be large. Outside
    training nothing is masked.

    Args:
        encoder: an encoder whose backbone is an `audio_vit_...`; a last layer after the pooling (`embedding_dim`) is
            not trained.
        loss, waveform_augmentation: see `Contrastive`.
        masking: choice of the masked patches; none is half of the columns and half of the rows.
        projection_dims: sizes of the layers between the mean latent and the loss.

    Raises:
        ValueError: another backbone, which cannot leave patches out.

    Source: Huang et al., AudioMosaic: Contrastive Masked Audio Representation Learning, 2026, whose two views are of
    one recording; here they are doppelgängers.
    """

    encoder: AudioEncoder  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        encoder: AudioEncoder,
        loss: nn.Module,
        masking: Masking | None = None,
        projection_dims: Sequence[int] = (),
        waveform_augmentation: Augmentation | None = None,
    ):
        vit = vit_of(encoder)
        super().__init__(encoder, loss, waveform_augmentation=waveform_augmentation)
        self.masking = masking or TimeFrequencyMasking()
        self.projection = projection_head(vit.embed_dim, projection_dims)

    def forward(self, batch: Pairs) -> dict[str, Tensor]:
        return self.contrast(self.latents(self.encoder.spectrogram(self.views(batch)), batch.index))

    def latents(self, spectrogram: Tensor, index: Tensor) -> Tensor:
        """Mean latents of the visible patches (2 * batch, dim) of all views a, then all views b."""
        vit = vit_of(self.encoder)
        tokens = vit.embed(spectrogram)
        if self.training:
            views = torch.cat([2 * index, 2 * index + 1])  # a mask for each
            visible, _ = self.masking(views, *vit.grid(spectrogram))
            tokens = take(tokens, visible)
        return vit.transform(tokens)[:, 1:].mean(dim=1)
