"""docs/adding.md, followed: the causes of a voice of another package work as those of a built-in one."""

import re
import warnings
from typing import NamedTuple

import pytest
import torch

import synths
from doppelganger.labels.labeller import Labeller
from tests.adding.page import commands

HELD = {"keyboard.duration": 0.4, "adsr.attack": 0.01, "adsr.sustain": 1.0, "vco.mod_depth": 0.0, "vco.tuning": 0.0}


class Labelled(NamedTuple):
    facts: dict[str, float]
    tags: set[str]
    caption: str


def label(synth: synths.AudioSynth) -> Labelled:
    """Labels of a synth's first sound."""
    labeller, index = Labeller(synth), torch.arange(1)
    labels = labeller(index, synth.sample(index), synth.play(index))
    facts = dict(zip((fact.name for fact in labeller.facts), labels.facts[0].tolist(), strict=True))
    tags = {tag.name for tag, holds in zip(labeller.tags, labels.tags[0].tolist(), strict=True) if holds}
    return Labelled(facts, tags, labeller.tokenizer.decode(labels.caption[0].tolist()))


def test_a_file_of_causes(package, run):
    whistle = synths.find("whistle")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as the one on a synth without causes
        low, high = (label(whistle(seconds=0.5, ranges=HELD | {"keyboard.midi_f0": key})) for key in (60, 84))
    assert low.facts["key"] == pytest.approx(60, abs=1e-3) and high.facts["key"] == pytest.approx(84, abs=1e-3)
    assert {"whistle"} <= low.tags and "high key" not in low.tags and {"whistle", "high key"} <= high.tags
    assert "whistle" in low.caption and "on a high key" not in low.caption and "on a high key" in high.caption
    bank = synths.SynthBank({name: synths.find(name)(seconds=0.5) for name in ("drum", "whistle")})
    assert {"kick", "whistle"} <= set(Labeller(bank).sources)
    printed = run(*commands("A file of causes"))
    assert "MIDI note number" in printed and "measured only" not in printed


def test_a_derived_voice_has_the_causes_of_its_base(package):
    derived = type("Derived", (synths.find("whistle"),), {"__module__": "elsewhere"})
    assert Labeller(derived(seconds=0.1)).sources == ("whistle",)


def test_causes_in_python(package, monkeypatch):
    (package / "my_sounds-1.0.dist-info" / "entry_points.txt").unlink()
    whistle = synths.find("my_sounds.whistle:Whistle")(seconds=0.1)
    with pytest.warns(UserWarning, match="no causes of whistle"):
        assert "key" not in {fact.name for fact in Labeller(whistle).facts}
    from my_sounds.whistle_causes import CAUSES  # pyright: ignore[reportMissingImports]

    labeller = Labeller(whistle, causes={type(whistle): CAUSES})
    assert "key" in {fact.name for fact in labeller.facts} and labeller.sources == ("whistle",)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            'rules=(Rule("high key", "trait", "key"',
            'rules=(Rule("high key", "trait", "kye"',
            "rules: unknown kye; known",
        ),
        ("phrases=", "phrase=", "unexpected keyword argument 'phrase'"),
        ("CAUSES =", "CAUSE =", "expected CAUSES; no CAUSES in"),
        ("CAUSES = Causes(", "CAUSES = dict(", "expected CAUSES as a doppelganger.labels.causes.causes.Causes; got"),
    ],
)
def test_wrong_causes_are_named(package, right, wrong, message):
    path = package / "my_sounds" / "whistle_causes.py"
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ValueError, match=f"causes 'whistle'.*{re.escape(message)}"):
        Labeller(synths.find("whistle")(seconds=0.1))
