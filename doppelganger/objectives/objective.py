"""Objective: what is asked of an encoder whose sounds have labels."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from doppelganger.encoders import AudioEncoder
from doppelganger.labels.label_space import LabelSpace
from doppelganger.labels.labels import LabelledSounds


class Objective(nn.Module, ABC):
    """Base of all that an encoder learns from labels.

    How many tags, words or sources there are is known from the labels alone, so the layers that need it are made by
    `build`. A subclass gives its arguments, plain data, to be made again from a checkpoint.

    Args:
        encoder: this is what stays after training.
    """

    labels: LabelSpace | None = None

    def __init__(self, encoder: AudioEncoder, **arguments: Any):
        super().__init__()
        self.encoder = encoder
        self.arguments = arguments

    def build(self, labels: LabelSpace) -> None:
        """Makes the layers whose sizes the labels decide; once, before there is an optimizer."""
        self.labels = labels

    def forward(self, batch: LabelledSounds) -> dict[str, Tensor]:
        """Terms to log, of which "loss" is learned from."""
        return self.terms(*self.encoder.embed_with_frames(batch.sound), batch)

    @abstractmethod
    def terms(self, embedding: Tensor, frames: Tensor, batch: LabelledSounds) -> dict[str, Tensor]:
        """The same, of what the encoder heard: embedding (batch, dim) and frames (batch, n_frames, dim)."""
