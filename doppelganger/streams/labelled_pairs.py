"""Labelled pairs by index: two sounds from nearby thetas, and the labels of the first."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from doppelganger.labels.labels import Labels
from doppelganger.streams.labelled import LabelledSounds, LabelledStream
from doppelganger.streams.pairs import Pairs, PairStream
from doppelganger.streams.perturbations import Perturbation
from synths import Synth


@dataclass(frozen=True)
class LabelledPairs(Pairs):
    """A batch of pairs, and the labels of their first views."""

    labels: Labels

    @property
    def first(self) -> LabelledSounds:
        return LabelledSounds(self.index, self.theta_a, self.a, self.labels)


class LabelledPairStream(LabelledStream):
    """Doppelgänger pairs and the labels of their first views, by index.

    Args:
        synth, seed, n_tags: see `LabelledStream`.
        perturbation: see `PairStream`.
    """

    def __init__(self, synth: Synth, perturbation: Perturbation, seed: int = 0, n_tags: int | None = None):
        super().__init__(synth, seed, n_tags)
        self.pairs = PairStream(synth, perturbation, seed)

    def __call__(self, index: Tensor) -> Any:
        """The `LabelledPairs` of the items int64 (batch,)."""
        pairs = self.pairs(index)
        return LabelledPairs(**vars(pairs), labels=self.labeller(index, pairs.theta_a, pairs.a))
