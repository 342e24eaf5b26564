"""The base of all encoders."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Encoder(nn.Module):
    """Base of all that can be evaluated: waveform (batch, n_samples) to embedding (batch, embedding_dim).

    A subclass sets `sample_rate` in Hz, `window_s`, the length of the sounds it hears at once, and `embedding_dim`.
    """

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

    def embed_with_frames(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """The embedding, and that of each stretch of time: (batch, dim) and (batch, n_frames, dim)."""
        embedding = self(waveform)
        return embedding, embedding[:, None]
