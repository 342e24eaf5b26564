"""Text encoders: captions to embeddings."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from doppelganger.encoders.positions import with_positions
from doppelganger.labels.captions.tokenizer import PADDING, Tokenizer
from doppelganger.recipe import HasRecipe


class TextEncoder(nn.Module, HasRecipe, ABC):
    """Base of all text encoders: a caption to its embedding.

    A subclass sets `embedding_dim`.
    """

    embedding_dim: int

    @abstractmethod
    def build(self, tokenizer: Tokenizer) -> None:
        """Makes the layers whose sizes the vocabulary decides; called once, before there is an optimizer."""

    @abstractmethod
    def forward(self, caption: Tensor) -> Tensor:
        """Captions, int64 (batch, n_words) as in `Labels`, to embeddings (batch, embedding_dim)."""

    @abstractmethod
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Texts as people type them to embeddings (n_texts, embedding_dim)."""

    @abstractmethod
    def unknown(self, text: str) -> list[str]:
        """The words of a text that are not in the vocabulary."""


class TextTransformer(TextEncoder):
    """A small transformer over the words of captions, trained from scratch; the embedding is the mean over words.

    Args:
        dim, depth, n_heads: width, depth and heads of the transformer.
    """

    words: nn.Embedding
    tokenizer: Tokenizer

    def __init__(self, dim: int = 192, depth: int = 2, n_heads: int = 3):
        super().__init__()
        self.embedding_dim = dim
        options: dict[str, Any] = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
        layers = (nn.TransformerEncoderLayer(dim, n_heads, 4 * dim, **options) for _ in range(depth))
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(dim)

    def build(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.words = nn.Embedding(len(tokenizer.words), self.embedding_dim)

    def forward(self, caption: Tensor) -> Tensor:
        padding = caption == PADDING
        x = with_positions(self.words(caption))
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=padding)
        there = (~padding)[:, :, None]
        return (self.norm(x) * there).sum(dim=1) / there.sum(dim=1)

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        numbers = [torch.tensor(self.tokenizer.encode(text)) for text in texts]
        captions = nn.utils.rnn.pad_sequence(numbers, batch_first=True, padding_value=PADDING)
        return self(captions.to(self.words.weight.device))

    def unknown(self, text: str) -> list[str]:
        return self.tokenizer.unknown(text)
