"""Rule: a tag, and the ranges of facts in which it applies."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from doppelganger.labels.conditions import Range

ASPECTS = ("scene", "source", "event", "trait", "function")


@dataclass(frozen=True)
class Rule:
    """A tag for sounds with low <= fact < high, and with every range of `also`.

    An inaudible fact is nan, which lies in no range. Several rules may give the same tag; one that holds is enough.

    Raises:
        ValueError: unknown aspect, or an empty range.
    """

    word: str
    aspect: str
    fact: str
    low: float = -math.inf
    high: float = math.inf
    also: tuple[Range, ...] = ()

    def __post_init__(self):
        if self.aspect not in ASPECTS:
            raise ValueError(f"{self.word}: expected one of the aspects {', '.join(ASPECTS)}; got {self.aspect!r}")
        for fact, low, high in self.ranges:
            if not low < high:
                raise ValueError(f"{self.word}: expected low < high for {fact}; got {low} and {high}")

    @property
    def ranges(self) -> tuple[Range, ...]:
        return (Range(self.fact, self.low, self.high), *self.also)


def choices(words: Iterable[str], aspect: str, fact: str) -> tuple[Rule, ...]:
    """One rule for each value of a fact that is a choice."""
    return tuple(Rule(word, aspect, fact, i, i + 1) for i, word in enumerate(words))


def steps(edges: Sequence[float], words: Sequence[str], aspect: str, fact: str, *also: Range) -> tuple[Rule, ...]:
    """One rule for each interval between neighbouring edges, open at both ends; one word more than edges."""
    ends = [-math.inf, *edges, math.inf]
    return tuple(Rule(word, aspect, fact, a, b, also) for word, a, b in zip(words, ends[:-1], ends[1:], strict=True))
