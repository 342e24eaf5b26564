"""Causes: everything that a synth's theta adds to the labels of its sounds, as data."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from doppelganger.labels.captions import sentences
from doppelganger.labels.captions.phrases import Phrase
from doppelganger.labels.causes.facts import SOURCE
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Events, Fact
from doppelganger.labels.measure import measurements
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.synth import AudioSynth

# Files of this folder that are not a synth's.
HELPERS = frozenset({"causes", "control", "facts", "operators", "scenes"})
# Facts that are an index into the sources.
SOURCE_FACTS = ("source", "first_source", "last_source")


@dataclass(frozen=True, kw_only=True)
class Causes:
    """Facts that follow from a synth's theta, and the tags and caption texts on them.

    Args:
        sources: source -> its nouns in captions; the fact "source" is an index into them.
        from_theta: (synth, physical (batch, n_parameters), measurements) -> facts by name, each (batch,), nan where
            inaudible; those of `facts`, and corrections of measured ones.
        facts: facts that `from_theta` adds to the measured ones.
        rules: rules of tags on these facts.
        phrases: slot of `captions.sentences` -> phrases, tried before the shared ones.
        clauses: source -> clauses for captions of scenes, such as "rain falls".

    Raises:
        TypeError: a misspelt field.
        ValueError: a field that refers to an unknown source, fact or slot, or has no value.
    """

    sources: Mapping[str, tuple[str, ...]]
    from_theta: Callable[..., dict[str, Tensor]]
    facts: tuple[Fact, ...] = (SOURCE,)
    rules: tuple[Rule, ...] = ()
    phrases: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self):
        if not self.sources or any(isinstance(nouns, str) for nouns in self.sources.values()):
            raise ValueError(f"sources: expected source -> (noun, ...), at least one; got {self.sources}")
        if not callable(self.from_theta):
            raise ValueError(f"from_theta: expected a function; got {self.from_theta}")
        names = [fact.name for fact in self.all_facts()]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"facts: each once; got twice {', '.join(sorted(repeated))}")
        require("clauses", self.clauses, self.sources)
        require("phrases", self.phrases, sentences.PHRASE_SLOTS)
        for field_name, some in (("rules", self.rules), ("phrases", [p for of in self.phrases.values() for p in of])):
            ranges = [each for one in some for each in one.ranges]
            require(field_name, (each.fact for each in ranges), self._fact_names())
            if wrong := [each for each in ranges if each.fact in SOURCE_FACTS and not self._counts_sources(each)]:
                n, names = len(self.sources), ", ".join(self.sources)
                raise ValueError(f"{field_name}: {wrong[0]} does not fit {n} sources, {names}")

    def all_facts(self) -> tuple[Fact, ...]:
        """Every fact of the synth that is not measured."""
        return self.facts

    def all_rules(self) -> tuple[Rule, ...]:
        """Every rule of the synth's own tags."""
        return self.rules

    def n_events(self, synth: AudioSynth) -> int:
        """The most events in a sound: a note is one."""
        return 1

    def facts_and_events(
        self, synth: AudioSynth, physical: Tensor, measured: Measurements
    ) -> tuple[dict[str, Tensor], Events]:
        """Facts of sounds, each (batch,), and their events; sources are numbered as in `sources`.

        Args:
            physical: (batch, n_parameters), in each parameter's unit.
            measured: measurements of the sounds.
        """
        found = self.from_theta(synth, physical, measured)
        source, onset_s = found["source"], measured.facts["onset_s"]
        times = (onset_s, onset_s + measured.facts["length_s"], source)
        onset_s, offset_s, number = (x[:, None].nan_to_num() for x in times)
        return found, Events(onset_s, offset_s, number.long(), ~source.isnan()[:, None])

    def _fact_names(self) -> list[str]:
        return [fact.name for fact in (*measurements.FACTS, *self.all_facts())]

    def _counts_sources(self, each: Range) -> bool:
        n = len(self.sources)
        return each.low in (-math.inf, *range(n)) and each.high in (math.inf, *range(1, n + 1))


def require(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raises ValueError if a field of causes has names that are not known."""
    if wrong := sorted(set(names) - set(known)):
        raise ValueError(f"{field}: unknown {', '.join(wrong)}; known are {', '.join(sorted(set(known)))}")
