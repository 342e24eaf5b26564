"""Labels of banks and of scenes: each sound by the causes of its own synth, events in their order."""

import pytest
import torch

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.conditions import Range
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.tags.rule import Rule
from synths.bank import SynthBank
from synths.voice_bank import VoiceBank
from tests.labels.labelling import AUDIO, SETTINGS, labelled, make, named


def test_a_row_of_a_bank_is_labelled_as_its_synth_labels_it():
    bank = VoiceBank(**SETTINGS)
    labeller, labels = labelled(bank, range(10))
    chosen = bank.choice(bank.sample(torch.arange(10))).tolist()
    for row, which in enumerate(chosen):
        own, alone = labelled(list(bank.synths.values())[which], [row])
        mine, tags = named(labeller, labels, row)
        theirs, own_tags = named(own, alone)
        mine["source"], theirs["source"] = (
            x.sources[int(f["source"])] if f["source"] == f["source"] else None
            for x, f in ((labeller, mine), (own, theirs))
        )
        for name, value in theirs.items():
            assert mine[name] == pytest.approx(value, rel=1e-3, abs=1e-3, nan_ok=True) if name != "source" else True
        assert mine["source"] == theirs["source"] and tags == own_tags
        assert labeller.tokenizer.decode(labels.caption[row].tolist())


def test_rules_and_phrases_on_a_source_mean_that_of_their_own_synth_in_a_bank():
    def causes(first, second):
        return Causes(
            sources={first: (first,), second: (second,)},
            from_theta=lambda synth, physical, measured: {"source": (torch.arange(len(physical)) % 2).float()},
            rules=(Rule(f"{second} heard", "trait", "level_db", also=(Range("source", 1, 2),)),),
            phrases={"material": (one(f"{second}-like", "source", 1, 2), one(f"{first}-like", "source", 0, 1))},
        )

    bank = SynthBank({name: AUDIO[name](**SETTINGS) for name in ("modal", "formant")})
    own = {AUDIO["modal"]: causes("cat", "dog"), AUDIO["formant"]: causes("owl", "fox")}
    labeller, index = Labeller(bank, causes=own), torch.arange(12)
    labels = labeller(index, bank.sample(index), bank.play(index))
    heard = set()
    for row in range(12):
        facts, tags = named(labeller, labels, row)
        source = labeller.sources[int(facts["source"])]
        heard.add(source)
        assert {tag for tag in tags if "heard" in tag} == ({f"{source} heard"} if source in ("dog", "fox") else set())
        assert ("fox-like" in labeller.tokenizer.decode(labels.caption[row].tolist())) == (source == "fox")
    assert heard == {"cat", "dog", "owl", "fox"}


def scene(**ranges):
    kinds = {f"event_{i}.kind": 8.5 for i in range(1, 6)}
    synth = make("soundscape", ranges=kinds | {"room.mix": 0, "bed.level": -75} | ranges)
    return labelled(synth, [0])


def test_a_note_keeps_its_noun_beside_scenes_of_the_same_source():
    bank = SynthBank({name: AUDIO[name](**SETTINGS) for name in ("formant", "soundscape")})
    index = torch.arange(12)
    labeller, labels = labelled(bank, index)
    notes = bank.choice(bank.sample(index)) == 0
    captions = [labeller.tokenizer.decode(caption) for caption in labels.caption.tolist()]
    hums = [bool({"hums", "sings"} & set(caption.split())) for caption in captions]
    assert notes.sum() > 2 and not any(hum for hum, note in zip(hums, notes, strict=True) if note)
    assert any("voice" in caption for caption, note in zip(captions, notes, strict=True) if note)


def test_events_of_a_bank_that_narrows_a_scene_are_those_it_renders():
    kinds = {f"soundscape.event_{i}.kind": (8, 9) for i in range(1, 6)}
    bank = SynthBank({name: AUDIO[name](**SETTINGS) for name in ("modal", "soundscape")}, ranges=kinds)
    index = torch.arange(12)
    labeller, labels = labelled(bank, index)
    scenes = bank.choice(bank.sample(index)) == 1
    audible = labels.events.source[scenes][labels.events.active[scenes]]
    assert scenes.sum() > 2 and {labeller.sources[i] for i in audible.tolist()} <= {"rain", "bed"}


def test_sources_and_order_of_events():
    labeller, labels = scene(**{
        "scene.n_events": 1.5, "event_1.place": 0.9, "event_1.duration": 1, "event_2.kind": 11.5, "event_2.place": 0,
        "event_2.duration": 1, "event_1.level": 0, "event_2.level": 0,
    })  # fmt: skip
    facts, tags = named(labeller, labels)
    assert {"two events", "rain", "engine", "engine then rain", "begins with engine", "ends with rain"} <= tags
    assert not tags & {"rain then engine", "rain with engine", "reverb", "bed", "one event"}
    assert facts["rain to engine"] == pytest.approx(-0.9 * 9.24, abs=1e-3)
    caption = labeller.tokenizer.decode(labels.caption[0].tolist())
    assert "rain" in caption.lower() and any(word in caption for word in ("hen", "ater", "fter"))
    active = labels.events.active[0]
    sources = [labeller.sources[i] for i in labels.events.source[0][active].tolist()]
    assert sorted(sources) == ["engine", "rain"]


def test_an_event_under_a_louder_one_is_not_mentioned():
    under = {
        "scene.n_events": 1.5, "event_1.place": 0.5, "event_1.duration": 1, "event_1.level": -24, "event_2.kind": 11.5,
        "event_2.place": 0.5, "event_2.duration": 3, "event_2.level": 0,
    }  # fmt: skip
    assert "rain" not in named(*scene(**under))[1]
    assert "rain" in named(*scene(**under | {"event_1.level": -6}))[1]
