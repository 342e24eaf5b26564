"""The base of objectives that learn from labels."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from doppelganger.labels.label_space import LabelSpace
from doppelganger.objectives.objective import Objective
from doppelganger.streams.labelled import LabelledSounds, LabelledStream
from doppelganger.streams.stream import Stream


class SupervisedObjective(Objective):
    """Base of all objectives that learn from labels.

    The number of tags, words and sources follows from the labels, so `build_heads` makes the layers that need it.

    Args:
        encoder: see `Objective`.
    """

    labels: LabelSpace | None = None

    def build(self, stream: Stream | None) -> None:
        """Raises ValueError for a stream without labels."""
        if not isinstance(stream, LabelledStream):
            raise ValueError(
                f"{type(self).__name__} learns from labels: expected a LabelledStream (a LabelledDataModule); got "
                f"{type(stream).__name__}"
            )
        self.labels = LabelSpace.of(stream.labeller)
        self.build_heads(self.labels)

    @abstractmethod
    def build_heads(self, labels: LabelSpace) -> None:
        """Makes the layers whose sizes the labels decide."""

    def forward(self, batch: LabelledSounds) -> dict[str, Tensor]:
        return self.terms(*self.encoder.embed_with_frames(batch.sound), batch)

    @abstractmethod
    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        """ "loss" and the terms to log, given embedding (batch, dim) and frames (batch, n_frames, dim)."""

    def recipe(self) -> dict[str, Any]:
        """Raises ValueError before `build`."""
        return {**super().recipe(), "labels": self.built_labels().describe()}

    def built_labels(self) -> LabelSpace:
        """The label space. Raises ValueError before `build`."""
        if self.labels is None:
            raise ValueError(
                f"{type(self).__name__} has no label space yet: call build(stream) with a LabelledStream, or "
                "load a checkpoint"
            )
        return self.labels

    def rebuild(self, recipe: Mapping[str, Any]) -> None:
        if self.labels is not None:
            self.labels.require(recipe["labels"])
            return
        self.labels = LabelSpace.read(recipe["labels"])
        self.build_heads(self.labels)
