"""Contrastive audio and text: embeddings of sounds and of their captions in one space."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from doppelganger.encoders.encoder import Encoder
from doppelganger.encoders.text.encoder import TextEncoder, TextTransformer
from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.ranks import all_gather_with_grad
from doppelganger.objectives.supervised import SupervisedObjective
from doppelganger.streams.labelled import LabelledSounds
from synths.dsp.bounds import at_most

_LARGEST_LOG_SCALE = math.log(100)


class ContrastiveText(SupervisedObjective):
    """A contrastive loss of the cosines between sounds and captions.

    The loss is of the sounds and captions of all ranks.

    Args:
        encoder: see `Objective`.
        text: text encoder; none is a small transformer.
        dim: size of the common space.
        loss: "softmax", the symmetric InfoNCE, or "sigmoid", see `info_nce` and `sigmoid_loss`.

    Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision, 2021, section 2.3;
    Zhai et al., Sigmoid Loss for Language Image Pre-Training, 2023, section 3.2.
    """

    def __init__(
        self,
        encoder: Encoder,
        text: TextEncoder | None = None,
        dim: int = 256,
        loss: Literal["softmax", "sigmoid"] = "softmax",
    ):
        text = text or TextTransformer()
        super().__init__(encoder)
        if loss not in ("softmax", "sigmoid"):
            raise ValueError(f'loss: expected "softmax" or "sigmoid"; got {loss!r}')
        self.text = text
        self.of_sound = nn.Linear(encoder.embedding_dim, dim)
        self.of_text = nn.Linear(text.embedding_dim, dim)
        # Each (1,): fully sharded training takes no scalars.
        self.log_scale = nn.Parameter(torch.tensor([math.log(1 / 0.07 if loss == "softmax" else 10.0)]))
        self.bias = nn.Parameter(torch.tensor([-10.0])) if loss == "sigmoid" else None

    def build_heads(self, labels: LabelSpace) -> None:
        self.text.build(labels.tokenizer)

    def project(self, embedding: Tensor) -> Tensor:
        """Sounds in the common space: embeddings (batch, embedding_dim) to (batch, dim), of length 1."""
        return nn.functional.normalize(self.of_sound(embedding).float())

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Texts in the common space: (n_texts, dim), of length 1."""
        return nn.functional.normalize(self.of_text(self.text.embed_texts(texts)).float())

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        caption = nn.functional.normalize(self.of_text(self.text(batch.labels.caption)).float())
        sound, caption = all_gather_with_grad(self.project(embedding)), all_gather_with_grad(caption)
        scale = at_most(self.log_scale, _LARGEST_LOG_SCALE).exp()
        with torch.autocast(sound.device.type, enabled=False):  # half precision would round what the scale enlarges
            similarity = sound @ caption.T
        logits = scale * similarity
        loss = info_nce(logits) if self.bias is None else sigmoid_loss(logits + self.bias)
        own = torch.arange(len(logits), device=logits.device)
        found = (similarity.argmax(dim=1) == own).float().mean()
        return {"loss": loss, "caption_top1_accuracy": found, "temperature": 1 / scale.detach()[0]}

    @torch.no_grad()
    def after_step(self) -> None:
        self.log_scale.clamp_(max=_LARGEST_LOG_SCALE)  # beyond, it would have no gradient to come back by


def info_nce(logits: Tensor) -> Tensor:
    """``-1/2 mean_i [log softmax_j(z_ij)_i + log softmax_j(z_ji)_i]``.

    Args:
        logits: (batch, batch), sounds by captions.
    """
    own = torch.arange(len(logits), device=logits.device)
    return (nn.functional.cross_entropy(logits, own) + nn.functional.cross_entropy(logits.T, own)) / 2


def sigmoid_loss(logits: Tensor) -> Tensor:
    """``-mean_i sum_j log sigmoid(s_ij z_ij)``, s = 1 for a sound and its own caption, else -1.

    Args:
        logits: (batch, batch), sounds by captions.
    """
    sign = 2 * torch.eye(len(logits), device=logits.device) - 1
    return -nn.functional.logsigmoid(sign * logits).sum(dim=1).mean()
