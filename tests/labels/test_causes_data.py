"""Causes are checked when they are made, and the tables of rules and texts are those that are committed."""

from types import SimpleNamespace

import pytest
import torch

import synths
from doppelganger.labels.captions.phrases import Phrase, one
from doppelganger.labels.causes import facts, plucked, soundscape
from doppelganger.labels.causes.causes import HELPERS, Causes
from doppelganger.labels.causes.scenes import SceneCauses
from doppelganger.labels.conditions import Range
from doppelganger.labels.find_causes import find_causes
from doppelganger.labels.labels import Fact
from doppelganger.labels.tags.rule import Rule
from synths.synth import AudioSynth
from tests.labels import expected

GOOD = {"sources": {"dog": ("dog",), "cat": ("cat",)}, "from_theta": lambda *_: {"source": torch.zeros(1)}}
SCENE = GOOD | {"levels_db": lambda *_: torch.zeros(1, 1)}


@pytest.mark.parametrize("lines", ["rule", "phrase"])
def test_tables_are_those_committed(lines):
    actual, path = {
        "rule": (expected.rule_lines, expected.RULE_NAMES),
        "phrase": (expected.phrase_lines, expected.PHRASE_NAMES),
    }[lines]
    now, then = list(actual()), expected.committed(path)
    assert now == then, (
        f"not in {path.name}: {sorted({*now} - {*then})}; only in {path.name}: {sorted({*then} - {*now})}. If this is "
        "meant, run python -m tests.labels.expected"
    )


def test_no_rule_is_there_twice():
    assert len(set(expected.LINES)) == len(expected.LINES)


@pytest.mark.parametrize(("cls", "fields"), [(Causes, GOOD), (SceneCauses, SCENE)])
def test_a_misspelt_field_is_refused(cls, fields):
    cls(**fields)
    for name in ("RULES", "rulez", "phrase", "with_in"):
        with pytest.raises(TypeError, match=name):
            cls(**fields, **{name: ()})


def test_a_missing_field_is_refused():
    for cls, fields in ((Causes, GOOD), (SceneCauses, SCENE)):
        for name in fields:
            with pytest.raises(TypeError, match=name):
                cls(**{key: value for key, value in fields.items() if key != name})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sources": {}}, "at least one"),
        ({"sources": {"dog": "dog"}}, "source -> "),
        ({"from_theta": None}, "from_theta: expected a function"),
        ({"facts": (facts.SOURCE, facts.SOURCE)}, "got twice source"),
        ({"facts": (Fact("pitch_hz", "Hz", 1, False, ""), Fact("pitch_hz", "Hz", 1, False, ""))}, "got twice pitch_hz"),
        ({"rules": (Rule("bark", "source", "source", 1, 3),)}, "does not fit 2 sources, dog, cat"),
        ({"rules": (Rule("bark", "source", "source", -1, 1),)}, "does not fit 2 sources"),
        ({"rules": (Rule("bark", "source", "source", 0.5, 1),)}, "does not fit 2 sources"),
        ({"rules": (Rule("bark", "source", "pitch_hz", also=(Range("source", 2),)),)}, "does not fit 2 sources"),
        ({"phrases": {"material": (one("old", "source", 2),)}}, "phrases: .* does not fit 2 sources"),
        ({"rules": (Rule("bark", "source", "pitsch_hz"),)}, "rules: unknown pitsch_hz"),
        ({"rules": (Rule("bark", "source", "n dog", 1),)}, "rules: unknown n dog"),
        ({"phrases": {"howe": (one("barking", "pitch_hz"),)}}, "phrases: unknown howe"),
        ({"phrases": {"details": (one("barking", "pitch_hz"),)}}, "phrases: unknown details"),
        ({"phrases": {"how": (one("barking", "pitsch_hz"),)}}, "phrases: unknown pitsch_hz"),
        ({"phrases": {"how": (one("barking", "pitch_hz", 1, 2, Range("bark")),)}}, "phrases: unknown bark"),
        ({"clauses": {"dgo": ("a dog barks",)}}, "clauses: unknown dgo"),
    ],
)
def test_a_wrong_value_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Causes(**GOOD | wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"levels_db": None}, "levels_db: expected a function"),
        ({"ordered": ("dog", "cow")}, "ordered: unknown cow"),
        ({"within": ("cow",)}, "within: unknown cow; known are cat, dog"),
        ({"alone": ("pitsch_hz",)}, "alone: unknown pitsch_hz"),
        ({"clauses": {"cow": ("a cow moos",)}}, "clauses: unknown cow"),
        ({"rules": (Rule("bark", "source", "n cow", 1),)}, "rules: unknown n cow"),
        ({"rules": (Rule("bark", "source", "first_source", 2, 3),)}, "does not fit 2 sources"),
    ],
)
def test_a_wrong_value_of_a_scene_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        SceneCauses(**SCENE | wrong)


def test_facts_of_events_are_known_to_the_rules_of_a_scene():
    rule = Rule("kennel", "scene", "n dog", 2, also=(Range("first_source", 0, 1), Range("dog to cat", 0)))
    assert rule in SceneCauses(**SCENE, ordered=("dog", "cat"), rules=(rule,)).all_rules()


@pytest.mark.parametrize("wrong", [((), "x"), (("",), "x")])
def test_a_phrase_has_texts_and_a_range(wrong):
    with pytest.raises(ValueError, match="expected texts"):
        Phrase(*wrong)
    with pytest.raises(ValueError, match="low < high"):
        one("bright", "brightness_hz", 2, 1)


def test_a_note_is_one_event_from_its_onset_over_its_length():
    """Without a source, as of a sound in which nothing is audible, there is no event."""
    nan = float("nan")
    times = {"onset_s": torch.tensor([0.2, 0.5, nan]), "length_s": torch.tensor([0.5, 1.25, nan])}
    source = {"source": torch.tensor([1.0, nan, nan])}
    causes = Causes(**GOOD | {"from_theta": lambda *_: source})
    measured = SimpleNamespace(facts=times)
    found, events = causes.facts_and_events(synth_of("Whistle"), torch.zeros(3, 1), measured)
    assert found == source and causes.n_events(synth_of("Whistle")) == 1
    torch.testing.assert_close(events.onset_s, torch.tensor([[0.2], [0.5], [0.0]]))
    torch.testing.assert_close(events.offset_s, torch.tensor([[0.7], [1.75], [0.0]]))
    assert events.source[0].item() == 1 and events.active.tolist() == [[True], [False], [False]]


def synth_of(name: str, *bases: type, module: str = "synths.voices") -> AudioSynth:
    """An instance of a class with this name, as if of this module, without its parameters."""
    cls = type(name, bases or (AudioSynth,), {"__module__": module})
    cls.__abstractmethods__ = frozenset()
    return cls.__new__(cls)


def test_causes_are_found_by_name_and_by_base_class():
    assert find_causes(synth_of("Plucked")) is plucked.CAUSES
    assert find_causes(synth_of("Mine", synths.Soundscape, module="my_sounds")) is soundscape.CAUSES
    assert find_causes(synth_of("Whistle")) is None


def test_a_synth_of_another_package_has_not_the_causes_of_its_namesake():
    assert find_causes(synth_of("Plucked", module="my_sounds")) is None


@pytest.mark.parametrize("helper", sorted(HELPERS))
def test_helpers_are_no_causes(helper):
    assert find_causes(synth_of(helper.title())) is None


def test_every_file_that_is_no_helper_has_causes():
    assert set(expected.of_every_file()) >= {"plucked", "soundscape", "modal"}
    assert all(isinstance(each, Causes) for each in expected.of_every_file().values())
