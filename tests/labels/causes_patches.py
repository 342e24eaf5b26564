"""Pairs of patches for rules on causes: one on either side of every edge, and an independent measure."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from doppelganger.labels.conditions import Range
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.tags.rule import Rule
from synths.procedural.scene import Scene
from synths.synth import AudioSynth
from tests.labels import expected

Knobs = Mapping[str, float]


class Scale(NamedTuple):
    """Patches for values of a fact, and an independent measure of the fact.

    Args:
        knobs: value -> parameters by name, in physical units.
        measure: sound -> the fact; None for facts that `test_rules` compares already.
        reach: lowest and highest value; or all values, if `apart` is 0.
        apart: distance of a pair from an edge; a ratio if `ratio` is set.
        near: largest error of the measure, likewise; None if the measure only grows with the value.
        absent: parameters that make the fact inaudible.
    """

    knobs: Callable[[float], Knobs]
    measure: Callable[[np.ndarray], float] | None
    reach: tuple[float, ...]
    apart: float = 0.0
    near: float | None = None
    ratio: bool = False
    absent: Knobs | None = None

    def sides(self, edge: float, upper: bool) -> tuple[float, float]:
        """Values inside and outside an edge; nan if out of reach."""
        below, above = (edge / self.apart, edge * self.apart) if self.ratio else (edge - self.apart, edge + self.apart)
        if not self.apart:
            below = max((v for v in self.reach if v < edge), default=math.nan)
            above = min((v for v in self.reach if v >= edge), default=math.nan)
        below, above = (v if self.reach[0] <= v <= self.reach[-1] else math.nan for v in (below, above))
        return (below, above) if upper else (above, below)

    def within(self, low: float, high: float) -> float:
        """A value well inside a range."""
        if not self.apart:
            return next(v for v in self.reach if low <= v < high)
        low, high = max(low, self.reach[0]), min(high, self.reach[1])
        return math.sqrt(low * high) if self.ratio else (low + high) / 2

    def agrees(self, value: float, measured: float) -> bool:
        if self.near is None or math.isnan(measured) or (self.ratio and measured <= 0):
            return False
        return (
            abs(math.log(measured / value)) < math.log(self.near) if self.ratio else abs(measured - value) < self.near
        )


class Pair(NamedTuple):
    """Two patches that differ in one fact, of which only the first has the tag; a patch is (fact, value)s."""

    word: str
    fact: str
    inside: tuple[tuple[str, float], ...]
    outside: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        return f"{self.word}: {self.fact} " + " | ".join(
            f"{side[-1][1]:.4g}" for side in (self.inside, self.outside) if side
        )


class Labelled(NamedTuple):
    """Labels of a patch, and its sound."""

    facts: dict[str, float]
    tags: set[str]
    sound: np.ndarray


@dataclass(frozen=True)
class Bench:
    """A synth for the tests of its rules.

    Args:
        base: parameters, in physical units; the others are in the middle of their range.
        scales: fact -> its scale.
        finish: makes parameters of those of `base` and of the scales, of which later ones take precedence.
        counts: whether to test a rule; the others are generated alike.
    """

    synth: AudioSynth
    base: Knobs
    scales: Mapping[str, Scale]
    finish: Callable[[dict[str, float]], Knobs] = dict
    counts: Callable[[Rule], bool] = lambda rule: True

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """A pair for every edge within reach of every rule; without patches if a scale is missing."""
        rules = filter(self.counts, rules_of(self.synth))
        return tuple(dict.fromkeys(pair for rule in rules for pair in self._pairs(rule)))

    def _pairs(self, rule: Rule) -> Iterator[Pair]:
        missing = [Pair(rule.word, each.fact, (), ()) for each in rule.ranges if each.fact not in self.scales]
        yield from missing
        for varied in rule.ranges if not missing else ():
            rest = [(r.fact, self.scales[r.fact].within(r.low, r.high)) for r in rule.ranges if r.fact != varied.fact]
            for inside, outside in _sides(self.scales[varied.fact], varied):
                yield Pair(rule.word, varied.fact, (*rest, (varied.fact, inside)), (*rest, (varied.fact, outside)))

    @cached_property
    def labelled(self) -> dict[tuple[tuple[str, float], ...], Labelled]:
        """Every patch of every pair, rendered and labelled at once."""
        patches = list(dict.fromkeys(patch for pair in self.pairs for patch in (pair.inside, pair.outside) if patch))
        return dict(zip(patches, label(self.synth, [self._knobs(patch) for patch in patches]), strict=True))

    def _knobs(self, patch: tuple[tuple[str, float], ...]) -> Knobs:
        knobs = dict(self.base)
        for fact, value in patch:
            scale = self.scales[fact]
            more = (scale.absent or {}) if math.isnan(value) else scale.knobs(value)
            knobs = {name: knob for name, knob in knobs.items() if name not in more} | dict(more)
        return self.finish(knobs)

    def check(self, pair: Pair) -> None:
        """The first patch alone has the tag, and the independent measure agrees with both values."""
        scale = self.scales.get(pair.fact)
        assert scale, f"{pair.word}: no scale of {pair.fact} for {self.synth.short_name()}; add one to its Bench"
        here, there = self.labelled[pair.inside], self.labelled[pair.outside]
        (*_, (fact, inside)), (*_, (_, outside)) = pair.inside, pair.outside
        assert pair.word in here.tags, f"made as {dict(pair.inside)}, labelled {here.facts[fact]:.4g}: {here.facts}"
        assert pair.word not in there.tags, f"made as {dict(pair.outside)}, labelled {there.facts[fact]:.4g}"
        if scale.measure is None:
            return
        first, second = scale.measure(here.sound), scale.measure(there.sound)
        if scale.near is not None:
            assert scale.agrees(inside, first), f"{fact} of {inside:.4g} is measured as {first:.4g}"
        if math.isnan(outside):
            there_is = scale.agrees(inside, second) if scale.near else second >= first
            assert not there_is, f"absent {fact} is measured as {second:.4g}, {inside:.4g} as {first:.4g}"
        else:
            assert scale.near is None or scale.agrees(outside, second), f"{outside:.4g} is measured as {second:.4g}"
            assert (first > second) == (inside > outside), (
                f"{inside:.4g} | {outside:.4g} are {first:.4g} | {second:.4g}"
            )


def rules_of(synth: AudioSynth) -> list[Rule]:
    """The committed rules of a synth: those of its causes, the shared ones on its facts, and those of its sources."""
    labeller, name = Labeller(synth), synth.short_name()
    facts = {fact.name for fact in labeller.facts}
    shared = [r for r in expected.RULES["tags/oscillators"] if all(each.fact in facts for each in r.ranges)]
    sources = [Rule(source, "source", "source", i, i + 1) for i, source in enumerate(expected.SOURCES[name])]
    several = len(sources) > 1 and not isinstance(synth, Scene)
    return [*expected.RULES.get(f"causes/{name}", ()), *shared, *(sources if several else ())]


def label(synth: AudioSynth, patches: Sequence[Knobs]) -> Iterator[Labelled]:
    """Renders and labels patches; their other parameters are in the middle of the range."""
    physical = synth.space.to_physical(torch.full((len(patches), len(synth.space)), 0.5))
    for row, patch in zip(physical, patches, strict=True):
        for name, value in patch.items():
            row[synth.space.column(name)] = value
    theta, index = synth.space.to_theta(physical), torch.arange(len(patches))
    with torch.no_grad():
        sound = synth.render(theta)  # all with the same noise
        labeller = Labeller(synth)
        labels = labeller(index, theta, sound)
    for values, holds, each in zip(labels.facts.tolist(), labels.tags, sound.double().numpy(), strict=True):
        facts = {fact.name: value for fact, value in zip(labeller.facts, values, strict=True)}
        yield Labelled(facts, {tag.name for tag, there in zip(labeller.tags, holds, strict=True) if there}, each)


def _sides(scale: Scale, varied: Range) -> Iterator[tuple[float, float]]:
    """Values inside and outside both ends of a range; nan outside an open end, if the fact can be absent."""
    for edge, upper in ((varied.low, False), (varied.high, True)):
        inside, outside = scale.sides(edge, upper) if math.isfinite(edge) else (math.nan, math.nan)
        if varied.low <= inside < varied.high and not math.isnan(outside):
            yield inside, outside
        elif scale.absent is not None:
            yield scale.within(varied.low, varied.high), math.nan
