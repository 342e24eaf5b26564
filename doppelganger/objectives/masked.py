"""Pretexts: tasks that a picture sets by itself, for an encoder to learn from."""

from abc import ABC, abstractmethod
from typing import cast

from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder
from doppelganger.encoders.masking import Masking, RandomMasking
from doppelganger.encoders.vit import AudioViT


class MaskedObjective(nn.Module, ABC):
    """Base of what an encoder learns from pictures with a part of them hidden.

    Args:
        encoder: with an `audio_vit_...` as its backbone; this is what stays after training.
        masking: what is hidden; none is 75 % of the patches at random.

    Raises:
        ValueError: another backbone, which could not leave patches out.
    """

    def __init__(self, encoder: AudioEncoder, masking: Masking | None = None):
        super().__init__()
        if not isinstance(encoder.backbone, AudioViT):
            raise ValueError(
                "masking needs an encoder that can leave patches out: backbone audio_vit_tiny, audio_vit_small or "
                f"audio_vit_base; got {encoder.arguments['backbone']}"
            )
        self.encoder = encoder
        self.masking = masking or RandomMasking()

    @property
    def vit(self) -> AudioViT:
        return cast(AudioViT, self.encoder.backbone)

    @abstractmethod
    def forward(self, sound: Tensor, index: Tensor) -> dict[str, Tensor]:
        """Terms to log, of which "loss" is learned from.

        Args:
            sound: (batch, n_samples), or pictures (batch, n_bands, n_frames).
            index: int64 (batch,), the items' numbers, of which the masks follow.
        """

    def after_step(self) -> None:
        """What is to be done after every step of the optimizer: nothing."""


def take(tokens: Tensor, patches: Tensor) -> Tensor:
    """Of tokens (batch, n_patches, dim) those of some patches, int64 (batch, n): (batch, n, dim)."""
    return tokens.gather(1, patches[:, :, None].expand(-1, -1, tokens.shape[2]))
