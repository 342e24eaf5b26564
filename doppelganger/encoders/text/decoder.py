"""Text decoder: frames of a sound to its caption, word by word or all words at once."""

from typing import Any

import torch
from torch import Tensor, nn

from doppelganger.encoders.positions import with_positions


class TextDecoder(nn.Module):
    """A transformer that attends to the frames of a sound and predicts the words of its caption.

    Args:
        n_words: size of the vocabulary.
        frame_dim: size of a frame.
        dim, depth, n_heads: width, depth and heads of the transformer.

    Source: Vaswani et al., Attention Is All You Need, 2017; words in parallel as in Tschannen et al., Image
    Captioners Are Scalable Vision Learners Too, 2023, section 3.
    """

    def __init__(self, n_words: int, frame_dim: int, dim: int, depth: int, n_heads: int):
        super().__init__()
        self.mask = n_words  # the mask token follows the last word
        self.words = nn.Embedding(n_words + 1, dim)
        self.frames = nn.Sequential(nn.LayerNorm(frame_dim), nn.Linear(frame_dim, dim))
        options: dict[str, Any] = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
        layers = (nn.TransformerDecoderLayer(dim, n_heads, 4 * dim, **options) for _ in range(depth))
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_words)

    def autoregressive(self, frames: Tensor, words: Tensor) -> Tensor:
        """The word after each word: attention is causal.

        Args:
            frames: (batch, n_frames, frame_dim).
            words: int64 (batch, n).

        Returns:
            logits (batch, n, n_words).
        """
        n = words.shape[1]
        later = torch.ones(n, n, dtype=torch.bool, device=words.device).triu(1)
        return self._decode(words, frames, later)

    def parallel(self, frames: Tensor, n: int) -> Tensor:
        """The first n words from the frames alone: logits (batch, n, n_words)."""
        return self._decode(torch.full((len(frames), n), self.mask, device=frames.device), frames, None)

    def _decode(self, words: Tensor, frames: Tensor, hidden: Tensor | None) -> Tensor:
        x, seen = with_positions(self.words(words)), with_positions(self.frames(frames))
        for layer in self.layers:
            x = layer(x, seen, tgt_mask=hidden)
        return self.head(self.norm(x))
