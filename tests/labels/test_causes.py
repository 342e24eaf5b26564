"""Every rule on causes has a pair of patches in one of test_causes_*.py."""

import math
import pkgutil
from collections.abc import Callable

from doppelganger.labels import causes
from doppelganger.labels.causes.causes import HELPERS
from doppelganger.labels.tags.rule import Rule
from tests.labels import (
    expected,
    test_causes_audiopg,
    test_causes_bodies,
    test_causes_filters,
    test_causes_oscillators,
    test_causes_scenes,
    test_causes_voices,
)
from tests.labels.causes_patches import Bench, Pair, rules_of

BENCHES: dict[str, Bench] = {
    **test_causes_oscillators.BENCHES,
    **test_causes_bodies.BENCHES,
    **test_causes_voices.BENCHES,
    "subtractive": test_causes_filters.SUBTRACTIVE,
    "soundscape": test_causes_scenes.SCENE,
    "audiopg": test_causes_audiopg.CLIP,
}
# Has the causes of Voice, whose parameters it has.
AS_VOICE = {"torchsynth"}
# Every scene has one event to five.
NEVER = {("one event", "n_events", 1, False), ("five events", "n_events", 6, True)}


def test_every_file_of_causes_has_a_bench():
    files = {module.name for module in pkgutil.iter_modules(causes.__path__)} - AS_VOICE - HELPERS
    assert files == set(BENCHES), "a Bench in test_causes_*.py for every file in doppelganger/labels/causes"


def edges(rule: Rule) -> set[tuple[str, str, float, bool]]:
    """(word, fact, edge, whether it is the upper one) of every finite edge."""
    ends = [(each.fact, edge, edge == each.high) for each in rule.ranges for edge in (each.low, each.high)]
    return {(rule.word, *end) for end in ends if math.isfinite(end[1])}


def crossed(pair: Pair) -> Callable[[tuple[str, str, float, bool]], bool]:
    """Whether the two patches of a pair lie on either side of an edge."""
    inside, outside = pair.inside[-1][1], pair.outside[-1][1]

    def lies_between(edge: tuple[str, str, float, bool]) -> bool:
        word, fact, value, upper = edge
        between = inside < value <= outside if upper else outside < value <= inside
        return (word, fact) == (pair.word, pair.fact) and (between or math.isnan(outside))

    return lies_between


def test_every_edge_has_a_pair():
    rules = [rule for bench in BENCHES.values() for rule in filter(bench.counts, rules_of(bench.synth))]
    wanted = {edge for rule in (*rules, *expected.RULES["tags/oscillators"]) for edge in edges(rule)} - NEVER
    for bench in BENCHES.values():
        for pair in bench.pairs:
            wanted -= set(filter(crossed(pair), wanted)) if pair.inside else set()
    assert not wanted, (
        f"no pair of patches on either side of {sorted(wanted)}: add a Scale to a Bench, or widen its reach"
    )
