"""What is known of a batch of sounds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from doppelganger.streams.sounds import Sounds


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
    """Who sounds when: see `synths.procedural.scene.PlannedEvents`; `source` counts `Labeller.sources`."""

    onset_s: Tensor
    offset_s: Tensor
    source: Tensor
    active: Tensor


def no_events(n_sounds: int, n_events: int, device: torch.device) -> Events:
    """Room for events of sounds, none of which is active."""
    types = (torch.float32, torch.float32, torch.int64, torch.bool)
    return Events(*(torch.zeros(n_sounds, n_events, dtype=each, device=device) for each in types))


@dataclass(frozen=True)
class Labels:
    """What is known of a batch of sounds, on their device. Tags and captions are made when they are first asked for.

    Args:
        facts: float32 (batch, n_facts), in each fact's unit; nan where it cannot be heard, or not in one number.
        events: each (batch, n_events).
        make_tags: makes `tags`.
        make_caption: makes `caption`.
    """

    facts: Tensor
    events: Events
    make_tags: Callable[[], Tensor]
    make_caption: Callable[[], Tensor]

    @cached_property
    def tags(self) -> Tensor:
        """bool (batch, n_tags)."""
        return self.make_tags()

    @cached_property
    def caption(self) -> Tensor:
        """int64 (batch, n_tokens), words by number: begin, words, end, then padding (0)."""
        return self.make_caption()


@dataclass(frozen=True)
class LabelledSounds(Sounds):
    """Sounds, and what is known of them."""

    labels: Labels
