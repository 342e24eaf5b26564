"""Labelled sounds by index."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Labels
from doppelganger.streams.sounds import Sounds, SoundStream
from synths import Synth


@dataclass(frozen=True)
class LabelledSounds(Sounds):
    """Sounds and their labels."""

    labels: Labels


class LabelledStream(SoundStream):
    """Sounds and their labels by index.

    Args:
        synth, seed: see `Stream`.
        n_tags: number of tags to keep, those with the highest score (`Labeller`); none keeps all.
    """

    def __init__(self, synth: Synth, seed: int = 0, n_tags: int | None = None):
        super().__init__(synth, seed)
        self.n_tags = n_tags
        self._compiled = False

    @cached_property
    def labeller(self) -> Labeller:
        """Made when first needed: choosing the best tags renders 2,048 sounds."""
        labeller = Labeller(self.synth, self.seed, n_tags=self.n_tags)
        if self._compiled:
            labeller.compile()
        return labeller

    def compile(self) -> None:
        super().compile()
        self._compiled = True
        if "labeller" in self.__dict__:
            self.labeller.compile()

    def __call__(self, index: Tensor) -> LabelledSounds:
        sounds = super().__call__(index)
        labels = self.labeller(sounds.index, sounds.theta, sounds.sound)
        return LabelledSounds(sounds.index, sounds.theta, sounds.sound, labels)
