"""Players: the synths behind a synth, each with what is known of it."""

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import torch
from torch import Tensor

from doppelganger.labels.causes import facts as cause_facts
from doppelganger.labels.causes import scenes
from doppelganger.labels.labels import Events
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.bank import SynthBank
from synths.procedural.scene import Scene
from synths.synth import AudioSynth


class LeafSynth:
    """One synth that is no bank, and where a bank keeps it.

    Args:
        choices: (column of a choice, the number chosen for this synth, the last number) on the way to it.
        columns: of the whole theta, this synth's own.
    """

    def __init__(self, synth: AudioSynth, choices: tuple[tuple[int, int, int], ...], columns: slice):
        self.synth, self.choices, self.columns = synth, choices, columns
        self.name = synth.short_name()
        self.causes = _causes(synth)
        self.nouns: dict[str, tuple[str, ...]] = getattr(self.causes, "SOURCES", {self.name: ()})
        self.sources, self.ordered = tuple(self.nouns), getattr(self.causes, "ORDERED", ())
        self.scene = synth if isinstance(synth, Scene) and self.causes else None
        self.alone: tuple[str, ...] = getattr(self.causes, "ALONE", ())
        self.within: tuple[str, ...] = getattr(self.causes, "WITHIN", ())
        own = scenes.facts(self.sources, self.ordered) if self.scene else ()
        self.facts = (*getattr(self.causes, "FACTS", (cause_facts.SOURCE,)), *own)
        own = scenes.rules(self.sources, self.ordered) if self.scene else []
        self.rules = [*getattr(self.causes, "RULES", ()), *own]
        self.n_events = 1
        if self.scene and self.causes:
            middle = torch.full((1, len(synth.space)), 0.5)
            self.n_events = self.scene.events(middle).onset_s.shape[1]

    def known(self, physical: Tensor, heard: Measurements, numbers: Tensor) -> tuple[dict[str, Tensor], Events]:
        """Facts and events of sounds of its own.

        Args:
            physical: (batch, n_parameters) of this synth, in each parameter's unit.
            numbers: int64 (n_sources,), what this synth's sources are counted as.
        """
        if self.scene and self.causes:
            # In a bank that narrows its ranges, theta means something else.
            planned = self.scene.events(self.synth.space.to_theta(physical))
            found = self.causes.facts_from_theta(self.synth, physical, heard, planned)
            events = scenes.heard_events(planned, self.causes.levels_db(self.synth, physical), heard)
            found |= scenes.facts_from_theta(events, self.sources, self.ordered, self.alone, self.within)
        else:
            zero = torch.zeros(len(physical), device=physical.device)
            found = self.causes.facts_from_theta(self.synth, physical, heard) if self.causes else {"source": zero}
            start, length = heard.facts["onset_s"], heard.facts["length_s"]
            source = found["source"]
            onset_s, offset_s = (x[:, None].nan_to_num() for x in (start, start + length))
            events = Events(onset_s, offset_s, source[:, None].nan_to_num().long(), ~source.isnan()[:, None])
        for name in ("source", "first_source", "last_source"):
            if name in found:
                there = found[name]
                found[name] = numbers[there.nan_to_num().long()].float().where(~there.isnan(), torch.nan)
        return found, events._replace(source=numbers[events.source])


def leaf_synths(
    synth: AudioSynth, choices: tuple[tuple[int, int, int], ...] = (), first: int = 0
) -> Iterator[LeafSynth]:
    """Every synth that is no bank, in a bank or in banks of banks."""
    if not isinstance(synth, SynthBank):
        yield LeafSynth(synth, choices, slice(first, first + len(synth.space)))
        return
    column = first
    first += 1
    for number, child in enumerate(synth.synths.values()):
        yield from leaf_synths(child, (*choices, (column, number, len(synth.synths) - 1)), first)
        first += len(child.space)


def _causes(synth: AudioSynth) -> ModuleType | None:
    """The file of a synth's causes, or of the class it descends from."""
    for cls in type(synth).__mro__:
        name = f"doppelganger.labels.causes.{cls.short_name()}" if issubclass(cls, AudioSynth) else None
        if name and importlib.util.find_spec(name):
            return importlib.import_module(name)
    return None


def renumbered(rule: Rule, leaf: LeafSynth, sources: tuple[str, ...]) -> list[Rule]:
    """A rule that counts a leaf's own sources, as rules that count all of them."""
    if rule.fact not in ("source", "first_source", "last_source"):
        return [rule]
    mine = [i for i in range(len(leaf.sources)) if rule.low <= i < rule.high]
    places = [sources.index(leaf.sources[i]) for i in mine]
    return [replace(rule, low=i, high=i + 1) for i in places]
