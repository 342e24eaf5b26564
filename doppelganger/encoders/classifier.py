"""An encoder with a linear classifier, for fine-tuning."""

from typing import Any

from torch import Tensor, nn

from doppelganger.encoders.audio_encoder import AudioEncoder


class Classifier(nn.Module):
    """An encoder and a linear layer: waveform (batch, n_samples) to logits (batch, n_classes).

    Args:
        encoder: encoder, whose weights are trained too.
        n_classes: number of logits.
        augmentation: augmentation of spectrograms in training mode; None for no augmentation.
    """

    def __init__(self, encoder: AudioEncoder, n_classes: int, augmentation: nn.Module | None = None):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.embedding_dim, n_classes)
        self.augmentation = augmentation or nn.Identity()

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.encoder.spectrogram(waveform))

    def classify(self, spectrogram: Tensor) -> Tensor:
        """Logits (batch, n_classes) of spectrograms (batch, 1, n_bands, n_frames)."""
        spectrogram = self.augmentation(spectrogram) if self.training else spectrogram
        return self.head(self.encoder.backbone(spectrogram))

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Parameter groups for an optimizer, with layer-wise learning-rate decay.

        Args:
            weight_decay: weight decay of weights; biases and norms get 0.
            layer_decay: learning-rate factor from one layer to the layer below, 1 for no decay.

        Returns:
            groups with `params`, `weight_decay` and `lr_scale`, the factor of the learning rate.
        """
        from timm.optim import param_groups_layer_decay  # pyright: ignore[reportPrivateImportUsage]

        groups = param_groups_layer_decay(self.encoder.backbone, weight_decay, layer_decay=layer_decay)
        head = {"params": list(self.head.parameters()), "weight_decay": weight_decay, "lr_scale": 1.0}
        return [*groups, head]
