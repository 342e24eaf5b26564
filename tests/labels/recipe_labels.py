"""Labels of recipes, compared with independent measures."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from doppelganger.labels.recording_labeller import RecordingLabeller
from doppelganger.labels.tags.rules import shared_rules
from doppelganger.labels.tags.tag_rules import TagRules
from tests.labels import expected
from tests.labels.measures import MEASURES, SR
from tests.labels.pairs import RULES, Pair
from tests.labels.sounds import Recipe


class RecipeLabels(NamedTuple):
    """Labels of a sound: facts by name, its tags, and the numbers of the rules that hold, in `RULES`."""

    facts: dict[str, float]
    tags: set[str]
    rules: set[int]


def label_recipes(recipes: Iterable[Recipe]) -> dict[Recipe, RecipeLabels]:
    """Labels of sounds, those of one length at once."""
    alike: dict[tuple[float, int], list[Recipe]] = defaultdict(list)
    for recipe in dict.fromkeys(recipes):
        alike[recipe.seconds, recipe.sample_rate].append(recipe)
    labelled = {}
    for (_, sample_rate), some in alike.items():
        labeller = RecordingLabeller(sample_rate)
        labels = labeller(torch.arange(len(some)), torch.tensor(np.stack([each.render() for each in some])).float())
        tagger = one_by_one(labeller)
        names = [fact.name for fact in labeller.facts]
        for recipe, facts, tags, rules in zip(some, labels.facts, labels.tags, tagger(labels.facts), strict=True):
            labelled[recipe] = RecipeLabels(
                dict(zip(names, facts.tolist(), strict=True)),
                {tag.name for tag, holds in zip(labeller.tags, tags, strict=True) if holds},
                {int(tag.name) for tag, holds in zip(tagger.tags, rules, strict=True) if holds},
            )
    return labelled


def one_by_one(labeller: RecordingLabeller) -> TagRules:
    """The rules of the package, each with its number in `RULES` for a tag: a tag may have several rules."""
    number = {expected.rule_line("", rule): str(i) for i, rule in enumerate(RULES)}
    lines = [(expected.rule_line("", rule), rule) for rule in shared_rules()]
    return TagRules([replace(rule, word=number[line]) for line, rule in lines if line in number], labeller.facts)


def mistakes(pair: Pair, labelled: dict[Recipe, RecipeLabels]) -> Iterator[str]:
    """Failures of a pair; there should be none."""
    number = RULES.index(pair.rule)
    here, there = labelled[pair.inside], labelled[pair.outside]
    if number not in here.rules or pair.rule.word not in here.tags:
        yield f"inside, {here.facts} is not {pair.rule.word}"
    if number in there.rules:
        yield f"outside, {there.facts} is {pair.rule.word}"
    for each in pair.rule.ranges:
        value = there.facts[each.fact]
        if each.fact != pair.within.fact and not each.low <= value < each.high:
            yield f"outside, {each.fact} should hold and is {value:.4g}"
    for recipe, holds in ((pair.inside, True), (pair.outside, False)):
        theirs = independent_measure(pair.within.fact, recipe)
        if (pair.within.low <= theirs < pair.within.high) != holds:
            yield f"{'inside' if holds else 'outside'}, {pair.within.fact} is {theirs:.4g} by another measure"


@functools.cache
def independent_measure(fact: str, recipe: Recipe) -> float:
    """A fact of a sound by another measure, to which all sounds are of 16 kHz."""
    slower = recipe.sample_rate / SR if fact == "pitch_hz" else 1
    return MEASURES[fact](recipe.render()) * slower
