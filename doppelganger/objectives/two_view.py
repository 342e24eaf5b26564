"""The base of objectives that learn from two views of a sound."""

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.encoders.encoder import Encoder, SpectrogramEncoder
from doppelganger.objectives.objective import Objective
from doppelganger.streams.pairs import Pairs


class TwoViewObjective(Objective):
    """Base of all objectives that learn from pairs.

    Args:
        encoder: see `Objective`.
        augmentation: augmentation of the views' spectrograms in training, which needs an encoder with a front end.

    Raises:
        ValueError: an augmentation for an encoder without a front end.
    """

    def __init__(self, encoder: Encoder, augmentation: Augmentation | None = None):
        super().__init__(encoder)
        if augmentation and not isinstance(encoder, SpectrogramEncoder):
            raise ValueError(
                f"augmentation changes spectrograms: expected an encoder with a front end; got {type(encoder).__name__}"
            )
        self.augmentation = augmentation

    def views(self, batch: Pairs) -> Tensor:
        """Inputs of the encoder, all views a, then all views b: (2 * batch, ...); augmented in training."""
        if self.augmentation is None or not self.training or not isinstance(self.encoder, SpectrogramEncoder):
            return torch.cat([batch.a, batch.b])
        with torch.no_grad():
            spectrograms = [
                self.augmentation(self.encoder.spectrogram(sound), batch.index, view)
                for sound, view in ((batch.a, "a"), (batch.b, "b"))
            ]
        return torch.cat(spectrograms).squeeze(1)


@torch.no_grad()
def top1_accuracy(a: Tensor, b: Tensor) -> Tensor:
    """Share of rows of a (batch, dim) whose nearest row of b (batch, dim), by cosine, is their own partner."""
    a, b = nn.functional.normalize(a.float()), nn.functional.normalize(b.float())
    return ((a @ b.T).argmax(dim=1) == torch.arange(len(a), device=a.device)).float().mean()
