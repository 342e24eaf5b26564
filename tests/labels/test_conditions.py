"""A rule on several facts holds for a sound, and fails for sounds in which one of them alone is out of range."""

import math

import pytest

from tests.labels.pairs import RULES, name, pairs, row
from tests.labels.recipe_labels import label_recipes, mistakes

CONDITIONED = [rule for rule in RULES if rule.also]


def has_row(rule) -> bool:
    try:
        row(rule)
    except (KeyError, IndexError):
        return False
    return True


PAIRS = {name(pair): pair for rule in CONDITIONED if has_row(rule) for pair in pairs(rule)}

# Edges that no sound of 16 kHz reaches.
UNREACHED = {
    # The octave above must lie below half the sample rate for its level to be measured.
    "whistle by pitch_hz: pitch_hz 5000",
}


@pytest.fixture(scope="module")
def labelled():
    return label_recipes(recipe for pair in PAIRS.values() for recipe in (pair.inside, pair.outside))


@pytest.mark.parametrize("rule", CONDITIONED, ids=lambda rule: f"{rule.word} by {rule.fact}")
def test_every_rule_has_a_sound(rule):
    assert has_row(rule), f"no sound for {rule.word} by {rule.fact}: add a Row to ROWS in tests/labels/rows.py"


@pytest.mark.parametrize("key", sorted(PAIRS.keys() - UNREACHED))
def test_a_rule_needs_each_of_its_conditions(labelled, key):
    assert not list(mistakes(PAIRS[key], labelled))


@pytest.mark.parametrize("key", sorted(UNREACHED))
def test_an_edge_without_a_pair_is_beyond_reach(labelled, key):
    assert any(mistake.startswith("inside") for mistake in mistakes(PAIRS[key], labelled))


def test_every_edge_has_a_pair():
    ranges = [within for rule in CONDITIONED for within in rule.ranges]
    # A fact that need only be audible has one pair as well.
    assert len(PAIRS) == sum(max(1, math.isfinite(low) + math.isfinite(high)) for _, low, high in ranges)
