"""Parallel decoding: all words of a caption at once."""

from torch import Tensor

from doppelganger.objectives.captioner import Captioner
from doppelganger.streams.labelled import LabelledSounds


class ParallelDecoding(Captioner):
    """PAR: ``-mean_i log p(word_i | frames)``: every input of the decoder is the mask token, without a causal mask.

    The decoder gets no earlier word, so every word has to be predicted from the sound.

    Args:
        encoder, dim, depth, n_heads, longest: see `Captioner`.

    Source: Zhou et al., Unlocking Strong Supervision, 2026 (arXiv 2603.25767), after Tschannen et al., Image
    Captioners Are Scalable Vision Learners Too, 2023, section 3.
    """

    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        return {"loss": self.parallel_loss(frames, batch.labels.caption)}

    def decode(self, frames: Tensor) -> Tensor:
        return self.decoder.parallel(frames, self.longest).argmax(dim=2)
