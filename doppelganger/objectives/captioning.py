"""Captioning: autoregressive decoding of some sounds, parallel decoding of most."""

import torch
from torch import Tensor

from doppelganger.encoders.encoder import Encoder
from doppelganger.labels.captions.tokenizer import BEGIN, END
from doppelganger.objectives.captioner import Captioner
from doppelganger.streams.labelled import LabelledSounds
from synths import random


class Captioning(Captioner):
    """``parallel * L_parallel + (1 - parallel) * L_autoregressive``, each loss on its share of the sounds of a batch.

    Args:
        encoder, dim, depth, n_heads, longest: see `Captioner`.
        parallel: share of the sounds that is decoded in parallel, and weight of their loss.

    Source: Zhou et al., Unlocking Strong Supervision, 2026 (arXiv 2603.25767), after Tschannen et al., Image
    Captioners Are Scalable Vision Learners Too, 2023, section 3 and public code (a share of the sounds).
    """

    def __init__(
        self,
        encoder: Encoder,
        dim: int = 192,
        depth: int = 2,
        n_heads: int = 3,
        longest: int = 64,
        parallel: float = 0.75,
    ):
        super().__init__(encoder, dim, depth, n_heads, longest)
        if not 0 <= parallel <= 1:
            raise ValueError(f"parallel: expected a share from 0 to 1; got {parallel}")
        self.parallel = parallel

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        # By index, not by place in the batch: the choice does not depend on the number of ranks.
        chosen = random.uniform(batch.index, 1, seed=0, stream="parallel decoding")[:, 0] < self.parallel
        caption = batch.labels.caption
        parallel = self.parallel_loss(frames[chosen], caption[chosen])
        autoregressive = self.autoregressive_loss(frames[~chosen], caption[~chosen])
        loss = self.parallel * parallel + (1 - self.parallel) * autoregressive
        return {"loss": loss, "parallel": parallel, "autoregressive": autoregressive}

    def decode(self, frames: Tensor) -> Tensor:
        words = torch.full((len(frames), 1), BEGIN, device=frames.device)
        for _ in range(self.longest):
            following = self.decoder.autoregressive(frames, words)[:, -1].argmax(dim=1)
            words = torch.cat([words, following[:, None]], dim=1)
            if (words == END).any(dim=1).all():
                break
        return words[:, 1:]
