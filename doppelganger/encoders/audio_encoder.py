"""A front end and a timm backbone."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from doppelganger.encoders.encoder import SpectrogramEncoder, stack_layers
from doppelganger.encoders.frontends import FrontEnd, LogMel
from doppelganger.missing_packages import torchvision_does_not_fit


class AudioEncoder(SpectrogramEncoder):
    """A front end and an image backbone of timm.

    Args:
        backbone: any timm model by name; it gets one input channel and random weights.
        embedding_dim: size of a linear layer on top of the pooled features; none means the pooled
            features themselves are the embedding.
        frontend: waveform to spectrogram; none means VGGish's log-mel.
        window_s: see `SpectrogramEncoder`.
        backbone_options: more arguments of the timm model, such as `drop_path_rate`. `pretrained: true` starts from
            timm's weights; the recipe leaves it out, since a checkpoint holds the weights.

    Raises:
        ValueError: timm has no such backbone (the nearest names are listed), or is not installed.
    """

    backbone: Any  # every timm model has attributes of its own

    def __init__(
        self,
        backbone: str = "resnet18",
        embedding_dim: int | None = 512,
        frontend: FrontEnd | None = None,
        window_s: float = 1.0,
        backbone_options: Mapping[str, Any] | None = None,
    ):
        super().__init__(frontend or LogMel(), window_s)
        self.arguments["frontend"] = self.frontend
        timm = _timm(backbone)
        if not timm.is_model(backbone):
            near = difflib.get_close_matches(backbone, timm.list_models(), n=3)
            raise ValueError(f"timm has no backbone {backbone!r}; did you mean {', '.join(near) or 'resnet18'}?")
        options = dict(backbone_options or {})
        self.backbone = timm.create_model(backbone, in_chans=1, num_classes=embedding_dim or 0, **options)
        # Convolutions are up to twice as fast with channels last, on a CPU and on tensor cores.
        self.backbone.to(memory_format=torch.channels_last)
        vit = importlib.import_module("doppelganger.encoders.vit")  # imports timm
        self._is_audio_vit = isinstance(self.backbone, vit.AudioViT)
        self.embedding_dim = embedding_dim or self.backbone.head_hidden_size
        self.frame_s = self._reduction() * self.frontend.hop_s
        self.any_length = not hasattr(self.backbone, "patch_embed")
        self.arguments["backbone_options"] = {k: v for k, v in options.items() if not _fetches_weights(k)}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> AudioEncoder:
        """Raises ValueError for backbone options that download, or read or write other files."""
        fetching = sorted(name for name in arguments.get("backbone_options") or {} if _fetches_weights(name))
        if fetching:
            raise ValueError(
                f"expected backbone_options without {', '.join(fetching)}: a checkpoint holds its own weights, and "
                "loading one neither downloads nor reads other files"
            )
        return cls(**arguments)

    def embed_spectrogram(self, spectrogram: Tensor) -> Tensor:
        with self._naming_size(spectrogram):
            return self.backbone(spectrogram)

    @contextmanager
    def _naming_size(self, spectrogram: Tensor) -> Iterator[None]:
        try:
            yield
        except AssertionError as error:  # of timm, on another size of image
            n_bands, n_frames = spectrogram.shape[2:]
            raise ValueError(
                f"backbone {self.arguments['backbone']}: {error}; the spectrograms have {n_bands} bands and {n_frames} "
                f"frames: expected backbone_options: {{img_size: [{n_bands}, {n_frames}]}}, or another window_s"
            ) from error

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        spectrogram = self.spectrogram(waveform)
        with self._naming_size(spectrogram):
            features = self.backbone.forward_features(spectrogram)
        return self.backbone.forward_head(features), self._frames(features)

    def embed_layers(self, waveform: Tensor) -> Tensor:
        """The mean over bands and frames of the features that timm lists as intermediates; an AudioViT's own pooling.

        Returns:
            (batch, n_layers, widest); one layer, the embedding, for backbones without intermediates.
        """
        spectrogram = self.spectrogram(waveform)
        if self._is_audio_vit:
            return stack_layers(self.backbone.pooled_layers(spectrogram))
        if not hasattr(self.backbone, "forward_intermediates"):
            return self.embed_spectrogram(spectrogram)[:, None]
        with self._naming_size(spectrogram):
            features = self.backbone.forward_intermediates(spectrogram, norm=True, intermediates_only=True)
        return stack_layers([image.mean(dim=(2, 3)) for image in features])

    def _frames(self, features: Tensor) -> Tensor:
        """The head's view of each column of the last feature map: (batch, n_columns, embedding_dim)."""
        backbone = self.backbone
        if features.ndim == 3:  # tokens of a transformer, band by band
            tokens = features[:, backbone.num_prefix_tokens :].unflatten(1, (backbone.patch_embed.grid_size[0], -1))
            columns = tokens.transpose(1, 2)
            if self._is_audio_vit:
                return backbone.head(backbone.pool_bands(columns))
            return backbone.head(backbone.fc_norm(columns.mean(dim=2)))
        channels_last = features.shape[1] != backbone.num_features
        columns = features.movedim(2 if channels_last else 3, 1)  # (batch, n_columns, ...), one band of height each
        batch, n_frames = columns.shape[:2]
        images = columns.flatten(0, 1).unsqueeze(2 if channels_last else 3)
        return backbone.forward_head(images).view(batch, n_frames, -1)

    def _reduction(self) -> int:
        """Number of frames of the spectrogram from one frame of the features to the next."""
        if self._is_audio_vit:  # whose patches need not be square
            return self.backbone.patch_embed.patch_size[1]
        return self.backbone.feature_info[-1]["reduction"]


def is_backbone(name: str) -> bool:
    """Whether `AudioEncoder` has a backbone of that name.

    Raises:
        ValueError: timm is not installed.
    """
    return _timm(name).is_model(name)


def _timm(backbone: str) -> Any:
    """timm, which takes longer to import than torch, with our backbones in it."""
    try:
        timm = importlib.import_module("timm")
        importlib.import_module("doppelganger.encoders.vit")
    except ImportError as error:
        raise ValueError(f"backbone {backbone} needs timm: pip install 'doppelganger-audio[timm]' ({error})") from None
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        raise ValueError(f"backbone {backbone} needs timm: {torchvision_does_not_fit()}") from None
    return timm


def _fetches_weights(option: str) -> bool:
    """Whether an option of `timm.create_model` downloads, or reads or writes files."""
    return option.startswith(("pretrained", "cache_dir", "checkpoint_path"))
