"""Encoders: waveform to embedding."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn

from doppelganger.frontends import FrontEnd, LogMel
from doppelganger.vit import AudioViT


class Encoder(nn.Module):
    """Base of all that can be evaluated: waveform (batch, n_samples) to embedding (batch, embedding_dim).

    A subclass sets `sample_rate` in Hz, `window_s`, the length of the sounds it hears at once, and `embedding_dim`;
    one that looks at a picture also sets `frontend`.
    """

    frontend: FrontEnd

    sample_rate: int
    window_s: float
    embedding_dim: int

    def recipe(self) -> dict[str, Any]:
        """What makes it again, besides its weights, in plain data."""
        return {"class": type(self).__qualname__, "sample_rate": self.sample_rate, "window_s": self.window_s}

    @property
    def window(self) -> int:
        """Length of the sounds it hears at once, in samples."""
        return round(self.window_s * self.sample_rate)

    def untrained(self, seed: int = 0) -> Encoder:
        """The same with random weights; itself, where it has none to learn."""
        return self

    def picture(self, waveform: Tensor) -> Tensor:
        """What it looks at, (batch, 1, n_bands, n_frames).

        Args:
            waveform: (batch, n_samples) at `sample_rate`; or (batch, n_bands, n_frames), which is a picture already.
        """
        return waveform[:, None] if waveform.ndim == 3 else self.frontend(waveform)

    def listen(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding, and that of each stretch of time: (batch, dim) and (batch, n_frames, dim)."""
        embedding = self(waveform)
        return embedding, embedding[:, None]


class AudioEncoder(Encoder):
    """A front end and an image backbone that looks at its picture.

    Args:
        backbone: any timm model by name; it gets one input channel and random weights.
        embedding_dim: size of a linear layer on top of the pooled features; none means the pooled
            features themselves are the embedding.
        frontend: waveform to picture; none means VGGish's log-mel.
        window_s: length of the sounds it learns from, in seconds; longer ones are embedded as the mean
            over such windows in evaluation.
        backbone_options: more arguments of the timm model, `drop_path_rate` say.

    Raises:
        ValueError: timm has no such backbone; the nearest names are listed.
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
        super().__init__()
        if not timm.is_model(backbone):
            near = difflib.get_close_matches(backbone, timm.list_models(), n=3)
            raise ValueError(f"timm has no backbone {backbone!r}; did you mean {', '.join(near) or 'resnet18'}?")
        self.frontend = frontend or LogMel()
        self.backbone = timm.create_model(
            backbone, in_chans=1, num_classes=embedding_dim or 0, **(backbone_options or {})
        )
        # Convolutions are up to twice as fast with channels last, on a CPU and on tensor cores.
        self.backbone.to(memory_format=torch.channels_last)
        self.embedding_dim = embedding_dim or self.backbone.head_hidden_size
        self.sample_rate = self.frontend.sample_rate
        self.window_s = window_s
        self.arguments = {
            "backbone": backbone,
            "embedding_dim": embedding_dim,
            "window_s": window_s,
            "backbone_options": dict(backbone_options or {}),
        }

    def recipe(self) -> dict[str, Any]:
        frontend = type(self.frontend)
        return {
            "arguments": self.arguments,
            "frontend": f"{frontend.__module__}.{frontend.__qualname__}",
            "frontend_arguments": self.frontend.arguments,
        }

    def forward(self, waveform: Tensor) -> Tensor:
        """Sounds (batch, n_samples), or pictures, see `picture`, to embedding (batch, embedding_dim)."""
        return self.backbone(self.picture(waveform))

    def listen(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        features = self.backbone.forward_features(self.picture(waveform))
        return self.backbone.forward_head(features), self._frames(features)

    def _frames(self, features: Tensor) -> Tensor:
        """The head's view of each column of the last feature map: (batch, n_columns, embedding_dim)."""
        backbone = self.backbone
        if features.ndim == 3:  # tokens of a transformer, band by band
            tokens = features[:, backbone.num_prefix_tokens :].unflatten(1, (backbone.patch_embed.grid_size[0], -1))
            columns = tokens.transpose(1, 2)
            if isinstance(backbone, AudioViT):
                return backbone.head(backbone.pool_bands(columns))
            return backbone.head(backbone.fc_norm(columns.mean(dim=2)))
        channels_last = features.shape[1] != backbone.num_features
        columns = features.movedim(2 if channels_last else 3, 1)  # (batch, n_columns, ...), one band of height each
        batch, n_frames = columns.shape[:2]
        images = columns.flatten(0, 1).unsqueeze(2 if channels_last else 3)
        return backbone.forward_head(images).view(batch, n_frames, -1)

    def untrained(self, seed: int = 0) -> AudioEncoder:
        """The same architecture with fresh random weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return AudioEncoder(**self.arguments, frontend=self.frontend)


def projection_head(input_dim: int, dims: Sequence[int]) -> nn.Module:
    """The layers between embedding and loss: linear, with batch norm and ReLU between them; none for no dims.

    Source: Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, 2020, section 4.2.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in zip([input_dim, *dims], dims, strict=False):
        layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-2])
