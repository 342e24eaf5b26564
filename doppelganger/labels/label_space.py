"""LabelSpace: the meaning of the columns of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from doppelganger.labels.base_labeller import BaseLabeller
from doppelganger.labels.captions.tokenizer import Tokenizer
from doppelganger.labels.labels import Fact, Tag


@dataclass(frozen=True)
class LabelSpace:
    """The tags, facts and sources of `Labels`, and the tokenizer of its captions."""

    tags: tuple[Tag, ...]
    facts: tuple[Fact, ...]
    sources: tuple[str, ...]
    tokenizer: Tokenizer

    @classmethod
    def of(cls, labeller: BaseLabeller) -> LabelSpace:
        """The label space of a labeller."""
        return cls(labeller.tags, labeller.facts, labeller.sources, labeller.tokenizer)

    def describe(self) -> dict[str, Any]:
        """Plain data, for a checkpoint."""
        return {
            "tags": [list(tag) for tag in self.tags],
            "facts": [asdict(fact) for fact in self.facts],
            "sources": list(self.sources),
            "words": list(self.tokenizer.words),
        }

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> LabelSpace:
        """The label space that `describe` described."""
        return cls(
            tuple(Tag(*tag) for tag in described["tags"]),
            tuple(Fact(**fact) for fact in described["facts"]),
            tuple(described["sources"]),
            Tokenizer(described["words"]),
        )

    def require(self, described: Mapping[str, Any]) -> None:
        """Checks that a described label space equals this one.

        Raises:
            ValueError: what differs.
        """
        for kind in self.describe():
            here, there = (_without_prose(each[kind]) for each in (self.describe(), described))
            if here != there:
                i = next((i for i, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), None)
                first = f"number {i}: here {here[i]}, there {there[i]}" if i is not None else "the rest are the same"
                raise ValueError(
                    f"the checkpoint learned from other {kind}: {len(here)} here, {len(there)} there; {first}. "
                    "Use the synth, the seed and the n_tags that it was trained with"
                )


def _without_prose(described: Iterable[Any]) -> list[Any]:
    """Facts without their doc, which may change."""
    return [{**each, "doc": ""} if isinstance(each, dict) else each for each in described]
