"""Tags: words for a sound, by rules that are data."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from doppelganger.labels.conditions import Conditions, Range
from doppelganger.labels.labels import Fact, Tag

ASPECTS = ("scene", "source", "event", "trait", "function")


@dataclass(frozen=True)
class Rule:
    """A tag, and what must be heard for it: low <= fact < high, and all of `also`.

    A fact that cannot be heard is nan, which lies in no range. A word may have several rules: any will do.

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
    """A rule for every value of a fact that is a choice."""
    return tuple(Rule(word, aspect, fact, i, i + 1) for i, word in enumerate(words))


def steps(edges: Sequence[float], words: Sequence[str], aspect: str, fact: str, *also: Range) -> tuple[Rule, ...]:
    """A rule for every stretch of a fact between neighbouring edges, open at both ends; one word more than edges."""
    ends = [-math.inf, *edges, math.inf]
    return tuple(Rule(word, aspect, fact, a, b, also) for word, a, b in zip(words, ends[:-1], ends[1:], strict=True))


class TagRules:
    """Tags of facts, a batch at a time.

    Args:
        rules: those that name an unknown fact are left out.
        facts: what the columns of facts are.
    """

    def __init__(self, rules: Iterable[Rule], facts: Sequence[Fact]):
        columns = {fact.name: i for i, fact in enumerate(facts)}
        self.rules = [rule for rule in rules if all(each.fact in columns for each in rule.ranges)]
        tags = [Tag(rule.word, rule.aspect) for rule in self.rules]
        self.tags = tuple(dict.fromkeys(tags))
        self._holds = Conditions([rule.ranges for rule in self.rules], facts)
        number = {tag: i for i, tag in enumerate(self.tags)}
        self._tag = torch.tensor([number[tag] for tag in tags])

    def __call__(self, facts: Tensor) -> Tensor:
        """Facts (batch, n_facts) to tags, bool (batch, n_tags)."""
        holds = self._holds(facts).to(torch.uint8)
        said = torch.zeros(len(facts), len(self.tags), dtype=torch.uint8, device=facts.device)
        self._tag = self._tag.to(facts.device)
        return said.index_add_(1, self._tag, holds).bool()
