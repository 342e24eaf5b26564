"""Leaf synths: the synths in a bank that are not banks, each with its causes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TypeVar

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import Phrase
from doppelganger.labels.causes.causes import SOURCE_FACTS, Causes
from doppelganger.labels.conditions import Range
from doppelganger.labels.find_causes import find_causes
from doppelganger.labels.labels import Events
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.bank import SynthBank
from synths.synth import AudioSynth

RuleOrPhrase = TypeVar("RuleOrPhrase", Rule, Phrase)


class LeafSynth:
    """A synth that is not a bank, and its place in the bank around it.

    Args:
        synth: the synth.
        choices: (column of a choice, value that chooses this synth, highest value) for each bank around it.
        columns: its own columns in the theta of the outermost bank.
        causes: causes of synth classes, used before those that `find_causes` finds.
    """

    def __init__(
        self,
        synth: AudioSynth,
        choices: tuple[tuple[int, int, int], ...],
        columns: slice,
        causes: Mapping[type[AudioSynth], Causes],
    ):
        self.synth, self.choices, self.columns = synth, choices, columns
        self.name = synth.short_name()
        found = causes.get(type(synth)) or find_causes(synth)
        self.has_causes = found is not None
        self.causes = found or Causes(sources={self.name: ()}, from_theta=_source_alone)
        self.sources = tuple(self.causes.sources)
        self.n_events = self.causes.n_events(synth)

    def facts_and_events(
        self, physical: Tensor, measured: Measurements, numbers: Tensor
    ) -> tuple[dict[str, Tensor], Events]:
        """Facts, each (batch,), and events of sounds of this synth.

        Args:
            physical: (batch, n_parameters) of this synth, in each parameter's unit.
            measured: measurements of the sounds.
            numbers: int64 (n_sources,), numbers of this synth's sources among all sources.
        """
        facts, events = self.causes.facts_and_events(self.synth, physical, measured)
        for name in SOURCE_FACTS:
            if name in facts:
                own = facts[name]
                facts[name] = numbers[own.nan_to_num().long()].float().where(~own.isnan(), torch.nan)
        return facts, events._replace(source=numbers[events.source])


def leaf_synths(
    synth: AudioSynth,
    causes: Mapping[type[AudioSynth], Causes],
    choices: tuple[tuple[int, int, int], ...] = (),
    first: int = 0,
) -> Iterator[LeafSynth]:
    """Every synth that is not a bank: this one, or those in a bank and in the banks within it."""
    if not isinstance(synth, SynthBank):
        yield LeafSynth(synth, choices, slice(first, first + len(synth.space)), causes)
        return
    column = first
    first += 1
    for number, child in enumerate(synth.synths.values()):
        yield from leaf_synths(child, causes, (*choices, (column, number, len(synth.synths) - 1)), first)
        first += len(child.space)


def _source_alone(synth: AudioSynth, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    return {"source": torch.zeros(len(physical), device=physical.device)}


def renumbered(each: RuleOrPhrase, leaf: LeafSynth, sources: tuple[str, ...]) -> list[RuleOrPhrase]:
    """A rule or phrase on the numbers of a leaf's own sources, as several on their numbers among all sources."""

    def among_all(own: Range) -> list[Range]:
        if own.fact not in SOURCE_FACTS:
            return [own]
        places = [sources.index(source) for i, source in enumerate(leaf.sources) if own.low <= i < own.high]
        return [Range(own.fact, i, i + 1) for i in places]

    found = product(*map(among_all, each.ranges))
    return [replace(each, fact=one.fact, low=one.low, high=one.high, also=tuple(also)) for one, *also in found]
