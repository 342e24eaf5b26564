"""Labels of a batch of sounds: facts, tags, captions and events."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Fact:
    """A number that is true of a sound.

    Args:
        name: name, such as "pitch_hz".
        unit: one of `synths.parameters.UNITS`.
        step: just noticeable difference, in the unit; a ratio if `ratio` is set.
        ratio: whether differences are ratios, as for frequencies and durations.
        doc: meaning, in words.
    """

    name: str
    unit: str
    step: float
    ratio: bool
    doc: str

    @property
    def is_count(self) -> bool:
        """Whether the number is a count, such as that of attacks."""
        return self.unit == "none" and self.step >= 1


class Tag(NamedTuple):
    """A word for a sound, under one of five aspects: scene, source, event, trait, function."""

    name: str
    aspect: str


class Events(NamedTuple):
    """Sources and times of events, as in `scene.PlannedEvents`; `source` is an index into `Labeller.sources`."""

    onset_s: Tensor
    offset_s: Tensor
    source: Tensor
    active: Tensor


def no_events(n_sounds: int, n_events: int, device: torch.device) -> Events:
    """Inactive events of sounds, each tensor (n_sounds, n_events)."""
    types = (torch.float32, torch.float32, torch.int64, torch.bool)
    return Events(*(torch.zeros(n_sounds, n_events, dtype=each, device=device) for each in types))


@dataclass(frozen=True)
class Labels:
    """Labels of a batch of sounds, on their device. Tags and captions are made on first access.

    Args:
        facts: float32 (batch, n_facts), in each fact's unit; nan if inaudible, or not a single number.
        events: each (batch, n_events).
        make_tags: function that makes `tags`.
        make_caption: function that makes `caption`.
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
        """int64 (batch, n_tokens), numbers of words: begin, words, end, then padding (0)."""
        return self.make_caption()
