"""An encoder with a linear classifier, for fine-tuning."""

from typing import Any

from torch import Tensor, nn

from doppelganger.encoders.audio_encoder import AudioEncoder
from doppelganger.encoders.encoder import SpectrogramEncoder


class Classifier(nn.Module):
    """An encoder and a linear layer: waveform (batch, n_samples) to logits (batch, n_classes).

    Args:
        encoder: encoder, whose weights are trained too.
        n_classes: number of logits.
    """

    def __init__(self, encoder: SpectrogramEncoder, n_classes: int):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.embedding_dim, n_classes)

    def forward(self, waveform: Tensor) -> Tensor:
        return self.classify(self.encoder.spectrogram(waveform))

    def classify(self, spectrogram: Tensor) -> Tensor:
        """Logits (batch, n_classes) of spectrograms (batch, 1, n_bands, n_frames)."""
        return self.head(self.encoder.embed_spectrogram(spectrogram))

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Those of the encoder, see `SpectrogramEncoder.parameter_groups`, and of the linear layer above it."""
        if isinstance(self.encoder, AudioEncoder):  # timm knows the layers of its models
            from timm.optim import param_groups_layer_decay  # pyright: ignore[reportPrivateImportUsage]

            groups = param_groups_layer_decay(self.encoder.backbone, weight_decay, layer_decay=layer_decay)
        else:
            groups = self.encoder.parameter_groups(weight_decay, layer_decay)
        head = {"params": list(self.head.parameters()), "weight_decay": weight_decay, "lr_scale": 1.0}
        return [*groups, head]
