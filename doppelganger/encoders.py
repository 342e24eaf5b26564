"""Encoders: waveform to embedding."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn

from doppelganger.frontends import FrontEnd, LogMel


class AudioEncoder(nn.Module):
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
    embedding_dim: int

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

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples) at `sample_rate` to embedding (batch, embedding_dim)."""
        return self.backbone(self.frontend(waveform))

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
