"""The base of objectives that learn from masked patches."""

import torch
from torch import Tensor

from doppelganger.encoders import AudioEncoder, Encoder
from doppelganger.encoders.masking import Masking, RandomMasking
from doppelganger.encoders.vit import AudioViT
from doppelganger.objectives.objective import Objective


class MaskedObjective(Objective):
    """Base of all objectives that mask patches of a spectrogram.

    Args:
        encoder: an encoder whose backbone is an `audio_vit_...`.
        masking: choice of the masked patches; none is 75 % of them at random.

    Raises:
        ValueError: another backbone, which cannot leave patches out.
    """

    encoder: AudioEncoder  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, encoder: AudioEncoder, masking: Masking | None = None):
        super().__init__(encoder)
        vit_of(encoder)
        self.masking = masking or RandomMasking()

    @property
    def vit(self) -> AudioViT:
        return vit_of(self.encoder)


def vit_of(encoder: Encoder) -> AudioViT:
    """The backbone of an encoder, which can leave patches out.

    Raises:
        ValueError: another backbone.
    """
    if isinstance(encoder, AudioEncoder) and isinstance(encoder.backbone, AudioViT):
        return encoder.backbone
    got = encoder.arguments.get("backbone", type(encoder).__name__)
    raise ValueError(
        "masking needs an encoder that can leave patches out: backbone audio_vit_tiny, audio_vit_small or "
        f"audio_vit_base; got {got}"
    )


def take(tokens: Tensor, patches: Tensor) -> Tensor:
    """Tokens (batch, n_patches, dim) of the patches int64 (batch, n): (batch, n, dim)."""
    return tokens.gather(1, patches[:, :, None].expand(-1, -1, tokens.shape[2]))


def moments(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each token of (batch, n, dim), both (batch, n, 1)."""
    variance, mean = torch.var_mean(tokens, dim=2, keepdim=True)
    return mean, (variance + 1e-6).sqrt()
