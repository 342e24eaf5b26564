"""The labels of one sound as plain data: values, names and text."""

from dataclasses import dataclass

from doppelganger.labels.base_labeller import BaseLabeller
from doppelganger.labels.causes.causes import SOURCE_FACTS
from doppelganger.labels.labels import Fact, Labels, Tag


@dataclass(frozen=True)
class PlainLabels:
    """The labels of one sound.

    Args:
        facts: each fact that is audible, and its value in the fact's unit or the name of a source.
        tags: tags of the sound.
        caption: caption of the sound.
    """

    facts: list[tuple[Fact, float | str]]
    tags: list[Tag]
    caption: str

    @property
    def present(self) -> list[tuple[Fact, float | str]]:
        """The facts without counts of 0."""
        return [(fact, value) for fact, value in self.facts if not (fact.is_count and value == 0)]

    @property
    def by_aspect(self) -> dict[str, list[str]]:
        """Aspect -> names of its tags."""
        found: dict[str, list[str]] = {}
        for tag in self.tags:
            found.setdefault(tag.aspect, []).append(tag.name)
        return found


def plain_labels(labeller: BaseLabeller, labels: Labels, row: int = 0, digits: int = 4) -> PlainLabels:
    """The labels of a row of a batch.

    Args:
        labeller: labeller that made them.
        labels: labels of the batch.
        row: number of the sound in the batch.
        digits: significant digits of the values.
    """

    def value_of(fact: Fact, value: float) -> float | str:
        return labeller.sources[int(value)] if fact.name in SOURCE_FACTS else float(f"{value:.{digits}g}")

    facts = zip(labeller.facts, labels.facts[row].tolist(), strict=True)
    tags = zip(labeller.tags, labels.tags[row].tolist(), strict=True)
    return PlainLabels(
        facts=[(fact, value_of(fact, value)) for fact, value in facts if value == value],
        tags=[tag for tag, holds in tags if holds],
        caption=labeller.tokenizer.decode(labels.caption[row].tolist()),
    )
