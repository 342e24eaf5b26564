"""The base of objectives that generate captions."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from doppelganger.encoders.text.decoder import TextDecoder
from doppelganger.labels.captions.tokenizer import PADDING
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.ranks import mean_over_ranks
from doppelganger.objectives.supervised import SupervisedObjective


class Captioner(SupervisedObjective):
    """Base of all objectives that generate captions.

    Args:
        encoder: see `Objective`.
        dim, depth, n_heads: width, depth and heads of the decoder, which attends to the encoder's frames.
        longest: largest number of words of a caption, the end token included; the rest is cut off.
    """

    decoder: TextDecoder

    def __init__(self, encoder: Encoder, dim: int = 192, depth: int = 2, n_heads: int = 3, longest: int = 64):
        super().__init__(encoder)
        self.dim, self.depth, self.n_heads = dim, depth, n_heads
        self.longest = longest

    def build_heads(self, labels: LabelSpace) -> None:
        n_words = len(labels.tokenizer.words)
        self.decoder = TextDecoder(n_words, self.encoder.frame_dim, self.dim, self.depth, self.n_heads)

    def parallel_loss(self, frames: Tensor, caption: Tensor) -> Tensor:
        """Mean cross entropy of the words, each predicted from the frames alone.

        The decoder always fills `longest` places, so that the length of a caption does not reach it either.
        """
        return word_loss(self.decoder.parallel(frames, self.longest), caption[:, 1:])

    def autoregressive_loss(self, frames: Tensor, caption: Tensor) -> Tensor:
        """Mean cross entropy of the words, each predicted from the frames and the words before it."""
        words = caption[:, : self.longest + 1]
        return word_loss(self.decoder.autoregressive(frames, words[:, :-1]), words[:, 1:])

    @torch.no_grad()
    def caption(self, sound: Tensor) -> list[str]:
        """Captions of sounds (batch, n_samples).

        Raises:
            ValueError: called before `build`.
        """
        tokenizer = self.built_labels().tokenizer
        words = self.decode(self.encoder.embed_with_frames(sound)[1])
        return [tokenizer.decode(caption) for caption in words.tolist()]

    @abstractmethod
    def decode(self, frames: Tensor) -> Tensor:
        """The likeliest word of each place of a caption, int64 (batch, n); those after an end token are arbitrary."""


def word_loss(logits: Tensor, words: Tensor) -> Tensor:
    """Mean cross entropy of logits (batch, n, n_words) against words, int64 (batch, m), padding left out.

    The longer of the two is cut to the length of the other.
    """
    n = min(logits.shape[1], words.shape[1])
    logits, words = logits[:, :n].float().flatten(0, 1), words[:, :n].flatten()
    total = nn.functional.cross_entropy(logits, words, ignore_index=PADDING, reduction="sum")
    return mean_over_ranks(total, (words != PADDING).sum())
