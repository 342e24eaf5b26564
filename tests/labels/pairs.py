"""Sounds on either side of the edges of a rule."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from doppelganger.labels.conditions import Range
from doppelganger.labels.measure.measurements import FACTS
from doppelganger.labels.tags.rule import Rule
from tests.labels import expected
from tests.labels.rows import BASES, ROWS, Row
from tests.labels.sounds import KNOBS, Recipe

# The committed rules on measured facts: the others depend on causes.
RULES = [
    rule
    for file, rules in expected.RULES.items()
    if file.startswith("tags/")
    for rule in rules
    if {each.fact for each in rule.ranges} <= {fact.name for fact in FACTS}
]


class Pair(NamedTuple):
    """An edge of a range of a rule, nan if the fact need only be audible, and sounds inside and outside."""

    rule: Rule
    within: Range
    edge: float
    inside: Recipe
    outside: Recipe


# Distance of a pair of sounds from the edge: resolution of the analysis, and error of the independent measure.
RATIOS = {
    "attack_s": 2, "decay_s": 1.3, "length_s": 1.3, "vibrato_hz": 1.12, "tremolo_hz": 1.12, "pitch_hz": 1.06,
    "brightness_hz": 1.3, "bandwidth_hz": 1.3, "glide_rate": 1.2,
}  # fmt: skip
MARGINS = {
    "level_db": 0.5, "onset_s": 0.03, "sustain": 0.05, "bass_share": 0.04, "treble_share": 0.04, "brightening": 0.2,
    "glide": 0.35, "overtones_db": 1, "even_db": 1.5, "noise_share": 0.06, "harmonicity": 0.06, "tremolo": 0.05,
    "inharmonicity": 0.13, "vibrato": 0.06, "swell": 0.06, "tonal_share": 0.1,
}  # fmt: skip


def sides(within: Range, edge: float) -> tuple[float, float]:
    """Values inside and outside an edge."""
    fact = within.fact
    if fact == "pitch_hz" and within.high / within.low < 1.1:
        below, above = edge / 1.012, edge * 1.012
    elif fact == "n_attacks":
        below, above = edge - 1, edge
    elif fact in RATIOS:
        below, above = sorted((edge / RATIOS[fact], edge * RATIOS[fact]))
    else:
        below, above = edge - MARGINS[fact], edge + MARGINS[fact]
    return (below, above) if edge == within.high else (above, below)


def row(rule: Rule) -> Row:
    """Raises KeyError for a rule without a row."""
    if not rule.also:
        return Row(BASES.get(rule.fact, Recipe()))
    rules = [each for each in RULES if each.word == rule.word and each.also]
    return ROWS[rule.word][rules.index(rule)]


def pairs(rule: Rule) -> Iterator[Pair]:
    """A pair for every finite edge, and one for every fact that need only be audible."""
    base, knobs = row(rule)
    for within in rule.ranges:
        knob = knobs.get(within.fact, KNOBS[within.fact])
        for edge in filter(math.isfinite, within[1:]):
            inside, outside = sides(within, edge)
            yield Pair(rule, within, edge, knob(base, inside), knob(base, outside))
        if math.isinf(within.low) and math.isinf(within.high):
            yield Pair(rule, within, math.nan, base, knob(base, math.nan))


def name(pair: Pair) -> str:
    """As `word by the rule's first fact: fact and edge`."""
    return f"{pair.rule.word} by {pair.rule.fact}: {pair.within.fact} {pair.edge:g}"
