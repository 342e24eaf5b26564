"""What is known of a batch of sounds."""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from doppelganger.sounds import Sounds


@dataclass(frozen=True)
class Fact:
    """Something that can be heard and put in a number.

    Args:
        name: such as "pitch_hz".
        unit: one of `synths.parameters.UNITS`.
        step: what one just notices, in the unit; a ratio where `ratio` is set.
        ratio: steps are ratios, as of frequencies and times.
        doc: in words.
    """

    name: str
    unit: str
    step: float
    ratio: bool
    doc: str


class Tag(NamedTuple):
    """A word for a sound, under one of five aspects: scene, source, event, trait, function."""

    name: str
    aspect: str


class Events(NamedTuple):
    """Who sounds when: see `synths.procedural.scene.Events`; `source` counts `Labeller.sources`."""

    onset_s: Tensor
    offset_s: Tensor
    source: Tensor
    active: Tensor


@dataclass(frozen=True)
class Labels:
    """What is known of a batch of sounds, on their device.

    Args:
        tags: bool (batch, n_tags).
        facts: float32 (batch, n_facts), in each fact's unit; nan where it cannot be heard, or not in one number.
        caption: int64 (batch, n_tokens), words by number: begin, words, end, then padding (0).
        events: each (batch, n_events).
    """

    tags: Tensor
    facts: Tensor
    caption: Tensor
    events: Events


@dataclass(frozen=True)
class LabelledSounds(Sounds):
    """Sounds, and what is known of them."""

    labels: Labels
