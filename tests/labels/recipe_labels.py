"""What is said of sounds, and whether it is so by another measure."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from doppelganger.labels.recording_labeller import RecordingLabeller
from doppelganger.labels.tags.tag_rules import TagRules
from tests.labels.measures import MEASURES, SR
from tests.labels.pairs import RULES, Pair
from tests.labels.sounds import Recipe


class RecipeLabels(NamedTuple):
    """Labels of a sound: facts by name, its words, and which of the rules hold, by number."""

    facts: dict[str, float]
    words: set[str]
    rules: set[int]


def label_recipes(recipes: Iterable[Recipe]) -> dict[Recipe, RecipeLabels]:
    """What is said of sounds, as many at once as are as long."""
    alike: dict[tuple[float, int], list[Recipe]] = defaultdict(list)
    for recipe in dict.fromkeys(recipes):
        alike[recipe.seconds, recipe.sample_rate].append(recipe)
    labelled = {}
    for (_, sample_rate), some in alike.items():
        listener = RecordingLabeller(sample_rate)
        labels = listener(torch.arange(len(some)), torch.tensor(np.stack([each.render() for each in some])).float())
        # Rules one by one: a word may have several.
        tagger = TagRules([replace(rule, word=str(i)) for i, rule in enumerate(RULES)], listener.facts)
        names = [fact.name for fact in listener.facts]
        for recipe, facts, words, rules in zip(some, labels.facts, labels.tags, tagger(labels.facts), strict=True):
            labelled[recipe] = RecipeLabels(
                dict(zip(names, facts.tolist(), strict=True)),
                {tag.name for tag, said in zip(listener.tags, words, strict=True) if said},
                set(rules.nonzero()[:, 0].tolist()),
            )
    return labelled


def mistakes(pair: Pair, labelled: dict[Recipe, RecipeLabels]) -> Iterator[str]:
    """What is not as it should be of a pair: nothing, that is."""
    number = RULES.index(pair.rule)
    here, there = labelled[pair.inside], labelled[pair.outside]
    if number not in here.rules or pair.rule.word not in here.words:
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
