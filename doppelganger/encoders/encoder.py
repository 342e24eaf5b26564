"""The bases of all encoders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from doppelganger.encoders.frontends import FrontEnd
from doppelganger.recipe import HasRecipe

Self = TypeVar("Self", bound="Encoder")


class Encoder(nn.Module, HasRecipe):
    """Base of all encoders: waveform (batch, n_samples) to embedding (batch, embedding_dim).

    A subclass sets `sample_rate` in Hz, `window_s`, the length of the sounds it is trained on, and `embedding_dim`;
    `max_window_s`, if it embeds longer sounds at once, too; `frame_dim`, if its frames have another width than its
    embedding; `frame_s`, the time from a frame to the next in seconds, if its frames do not divide a window evenly;
    `any_length`, if it takes sounds of a window's length alone, as a vision transformer does; and `removes_padding`, if
    zeros at the end of a sound do not change its embedding.
    """

    max_window_s: float | None = None
    frame_s: float | None = None
    any_length = True
    removes_padding = False

    sample_rate: int
    window_s: float
    embedding_dim: int

    @property
    def frame_dim(self) -> int:
        """Width of the frames of `embed_with_frames`."""
        return self.embedding_dim

    @property
    def window(self) -> int:
        """Length of the sounds it is trained on, to which shorter ones are padded, in samples."""
        return round(self.window_s * self.sample_rate)

    @property
    def max_window(self) -> int:
        """Length of the longest sounds it embeds at once, in samples; longer ones are cut into such windows."""
        return round((self.max_window_s or self.window_s) * self.sample_rate)

    def untrained(self: Self, seed: int = 0) -> Self:
        """The same architecture with random weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return type(self)(**self.arguments)

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding of the sound and of each frame: (batch, embedding_dim) and (batch, n_frames, frame_dim)."""
        embedding = self(waveform)
        return embedding, embedding[:, None]

    def embed_layers(self, waveform: Tensor) -> Tensor:
        """Embedding of the sound at each layer, first layer first: (batch, n_layers, dim); here the last one alone."""
        return self(waveform)[:, None]


def stack_layers(layers: Sequence[Tensor]) -> Tensor:
    """Features of each layer, (batch, width), to (batch, n_layers, dim); narrower ones are padded with zeros."""
    dim = max(layer.shape[1] for layer in layers)
    return torch.stack([nn.functional.pad(layer, (0, dim - layer.shape[1])) for layer in layers], dim=1)


class SpectrogramEncoder(Encoder):
    """Base of the encoders with a front end: waveform to spectrogram to embedding.

    Args:
        frontend: waveform to spectrogram.
        window_s: length of the sounds it is trained on, in seconds; a shorter sound is padded with zeros.
        max_window_s: length of the longest sounds it embeds at once, in seconds; the embedding of a longer sound is the
            mean over such windows. None for `window_s`.

    Raises:
        ValueError: `max_window_s` below `window_s`.
    """

    def __init__(self, frontend: FrontEnd, window_s: float, max_window_s: float | None = None):
        super().__init__()
        self.frontend = frontend
        self.sample_rate = frontend.sample_rate
        self.window_s = window_s
        self.max_window_s = max_window_s
        if max_window_s is not None and max_window_s < window_s:
            raise ValueError(f"max_window_s: expected at least window_s, {window_s:g}; got {max_window_s:g}")

    @property
    def dtype(self) -> torch.dtype:
        """Type of the network's weights. The front end computes in single precision whatever it is."""
        weights = (p.dtype for name, p in self.named_parameters() if not name.startswith("frontend."))
        return next(weights, torch.float32)

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform (batch, n_samples), or spectrogram (batch, n_bands, n_frames), to embedding (batch, dim)."""
        return self.embed_spectrogram(self.spectrogram(waveform))

    def spectrogram(self, waveform: Tensor) -> Tensor:
        """The input of the network, (batch, 1, n_bands, n_frames).

        Args:
            waveform: (batch, n_samples) at `sample_rate`; or (batch, n_bands, n_frames), a spectrogram already.

        Raises:
            TypeError: no tensor.
            ValueError: a waveform with an axis of channels, or a spectrogram with another number of bands.
        """
        if not isinstance(waveform, Tensor):
            raise TypeError(f"expected a torch.Tensor; got {type(waveform).__name__}: use torch.as_tensor")
        if waveform.ndim != 3:
            return self.frontend(waveform).to(self.dtype)
        if waveform.shape[1] != self._n_bands:
            raise ValueError(
                f"expected waveforms (batch, n_samples) or spectrograms (batch, {self._n_bands} bands, n_frames); got "
                f"{tuple(waveform.shape)}: mix channels down, x.mean(dim=1), or give a pattern n_mels={self._n_bands}"
            )
        return waveform[:, None].to(self.dtype)

    @cached_property
    def _n_bands(self) -> int:
        return self.frontend.n_bands

    @abstractmethod
    def embed_spectrogram(self, spectrogram: Tensor) -> Tensor:
        """Spectrogram (batch, 1, n_bands, n_frames) to embedding (batch, embedding_dim)."""

    def layers(self) -> Sequence[nn.Module]:
        """All modules with weights, from the spectrogram to the embedding; here one layer."""
        return [self]

    def parameter_groups(self, weight_decay: float, layer_decay: float) -> list[dict[str, Any]]:
        """Parameter groups for an optimizer, with layer-wise learning-rate decay.

        Args:
            weight_decay: weight decay of weights; biases and norms get 0.
            layer_decay: learning-rate factor from one layer to the layer below, 1 for no decay.

        Returns:
            groups with `params`, `weight_decay` and `lr_scale`, the factor of the learning rate.
        """
        groups = []
        for depth, layer in enumerate(reversed(self.layers()), start=1):
            weights = [parameter for parameter in layer.parameters() if parameter.requires_grad]
            for params, decay in (
                ([p for p in weights if p.ndim > 1], weight_decay),
                ([p for p in weights if p.ndim <= 1], 0.0),
            ):
                if params:
                    groups.append({"params": params, "weight_decay": decay, "lr_scale": layer_decay**depth})
        return groups
