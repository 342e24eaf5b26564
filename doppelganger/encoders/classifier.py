"""An encoder with a linear classifier, for fine-tuning."""

from typing import Any

from timm.optim import param_groups_layer_decay  # pyright: ignore[reportPrivateImportUsage]
from torch import Tensor, nn

from doppelganger.encoders.audio_encoder import AudioEncoder


class Classifier(nn.Module):
    """An encoder and a linear layer: waveform (batch, n_samples) to logits (batch, n_classes).

    Args:
        encoder: all of it goes on learning.
        n_classes: size of the layer.
        augmentation: of pictures, while training; none leaves them as they are.
    """

    def __init__(self, encoder: AudioEncoder, n_classes: int, augmentation: nn.Module | None = None):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.embedding_dim, n_classes)
        self.augmentation = augmentation or nn.Identity()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.encoder.frontend(waveform))

    def classify(self, picture: Tensor) -> Tensor:
        """Logits of pictures (batch, 1, n_bands, n_frames)."""
        return self.head(self.encoder.backbone(self.augmentation(picture) if self.training else picture))

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """For an optimizer: the deeper a layer lies below the head, the smaller its learning rate.

        Args:
            weight_decay: of weights; biases and norms have none.
            layer_decay: factor from one layer to the one below, 1 for none; in `lr_scale` of each group.
        """
        groups = param_groups_layer_decay(self.encoder.backbone, weight_decay, layer_decay=layer_decay)
        head = {"params": list(self.head.parameters()), "weight_decay": weight_decay, "lr_scale": 1.0}
        return [*groups, head]
