"""What the page shows and plays: the same as the library renders, and as the code that it offers renders."""

import io
import json
import shlex
from base64 import b64decode

import numpy as np
import pytest
import soundfile
import torch
import yaml

import synths
from doppelganger.labels.labeller import Labeller
from synths.__main__ import main
from synths.finding import catalogue, find
from synths.patterns.pattern import Pattern
from synths.perturbation import perturb
from synths.procedural.scene import Scene

SHORT = [("seconds", "0.25"), ("index", "7"), ("seed", "2"), ("delta", "0.2"), ("n", "2")]
EDITED = [("synth", "drum"), *SHORT, ("set", "skin.frequency=61.5"), ("set", "noise.decay=0.03")]
OTHER = [*EDITED, ("index", "8")]


def wav(client, query, view=""):
    response = client.get("/api/sound.wav", [*query, ("view", view)])
    assert response.status == 200, response.body
    return response.body


def pcm(data):
    return soundfile.read(io.BytesIO(data), dtype="int16")[0]


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_synth_is_shown(client, name):
    query = [("synth", name), *SHORT]
    parameters, answer = client.json("/api/synth", query), client.json("/api/sounds", query)
    assert [data["view"] for data in answer["views"]] == ["", "a", "b"]
    for data in answer["views"]:
        assert len(data["theta"]) == len(data["physical"]) == len(parameters) == len(answer["in_use"])
        picture = data["picture"]
        assert len(b64decode(picture["data"])) == picture["width"] * picture["height"]
        assert ("outline" in data) == (not issubclass(catalogue()[name], Pattern))
        for p, value in zip(parameters, data["physical"], strict=True):
            assert p["low"] - 1e-4 * abs(p["low"]) <= value <= p["high"] + 1e-4 * abs(p["high"])
            assert bool(p["options"]) == (p["unit"] == "choice")
    kind = next(row["kind"] for row in client.json("/api/synths") if row["name"] == name)
    assert (kind == "scene") == issubclass(catalogue()[name], Scene)


def test_sounds_are_those_of_the_library(client):
    voice, index = synths.Voice(sample_rate=16000, seconds=0.25), torch.tensor([7])
    theta = voice.sample(index, 2)
    query = [("synth", "voice"), *SHORT]
    for view in ("", "b"):
        moved = perturb(voice.space, theta, 0.2, index, seed=2, view=view) if view else theta
        expected = voice.render(moved, voice.noise_key(index, 2, view))[0]
        np.testing.assert_array_equal(pcm(wav(client, query, view)), (expected * 32767).round().numpy())


def test_the_same_link_is_the_same_sound_and_another_is_not(client):
    assert wav(client, EDITED) == wav(client, [*reversed(EDITED)])
    assert len({wav(client, query) for query in (EDITED, EDITED[:-2], OTHER)}) == 3
    assert len({wav(client, EDITED, view) for view in ("", "a", "b")}) == 3
    link = client.json("/api/sounds", EDITED)["query"]
    assert wav(client, EDITED, "a") == client.get(f"/api/sound.wav?{link}&view=a").body


def test_delta_moves_doppelgangers_and_not_the_original(client):
    still, near, far = (
        client.json("/api/sounds", [*EDITED, ("delta", delta)])["views"] for delta in ("0", "0.05", "0.4")
    )
    assert still[0] == near[0] == far[0]
    assert still[1]["theta"] == still[0]["theta"]
    moves = [np.abs(np.subtract(views[1]["theta"], views[0]["theta"])).mean() for views in (near, far)]
    assert 0 < moves[0] < moves[1] / 3


def test_a_value_that_is_set_is_that_of_the_original(client):
    names = [p["name"] for p in client.json("/api/synth", EDITED)]
    values = dict(zip(names, client.json("/api/sounds", EDITED)["views"][0]["physical"], strict=True))
    assert values["skin.frequency"] == pytest.approx(61.5, rel=1e-5)
    assert values["noise.decay"] == pytest.approx(0.03, rel=1e-5)


@pytest.mark.parametrize(
    "query",
    [
        EDITED,
        [("synth", "voice"), *SHORT, ("set", "mod_matrix.lfo_1->vco_1_amp=0.7"), ("rate", "22050")],
        [("synth", "subtractive"), ("preset", "bass"), *SHORT],
        [("synth", "soundscape"), *SHORT, ("set", "event_1.kind=2.5")],
        [("synth", "perlin"), *SHORT, ("set", "contrast=1")],
    ],
    ids=lambda query: query[0][1],
)
def test_the_python_makes_the_same_sounds(client, query):
    scope = {}
    exec(client.json("/api/code", query)["python"], scope)
    made = {"": scope["sound"][0]} | {view: sound[0] for view, sound in scope["doppelgangers"].items()}
    assert list(made) == ["", "a", "b"]
    for view, sound in made.items():
        if query[0][1] == "perlin":
            data = client.json("/api/sounds", [*query, ("view", view)])["views"][0]["picture"]
            expected = np.frombuffer(b64decode(data["data"]), np.uint8).reshape(80, 208)
            np.testing.assert_array_equal(((sound + 1) / 2 * 255).round().numpy(), expected)
        else:
            np.testing.assert_array_equal((sound * 32767).round().numpy(), pcm(wav(client, query, view)))


@pytest.mark.parametrize("view", ["", "b"])
@pytest.mark.parametrize("query", [EDITED, [("synth", "drum"), ("preset", "kick"), *SHORT]], ids=["edited", "preset"])
def test_the_command_writes_the_same_file(client, query, view, tmp_path, monkeypatch):
    python, m, module, *arguments = shlex.split(client.json("/api/code", [*query, ("view", view)])["command"])
    assert (python, m, module) == ("python", "-m", "synths")
    monkeypatch.chdir(tmp_path)
    main(arguments)
    file = tmp_path / (f"drum-7/drum-000007-{view}.wav" if view else "drum-7.wav")
    assert file.read_bytes() == wav(client, query, view)


@pytest.mark.parametrize("view", ["", "a"])
def test_the_preset_fixes_every_value(client, view, tmp_path):
    text = client.get("/api/preset.yaml", [*EDITED, ("view", view)]).body.decode()
    (tmp_path / "mine.yaml").write_text(text)
    ranges = synths.presets.read("drum", str(tmp_path / "mine.yaml"))
    drum, index = synths.Drum(sample_rate=16000, seconds=0.25, ranges=ranges), torch.tensor([7])
    sound = drum.render(torch.rand(1, len(drum.space)), drum.noise_key(index, 2, view))[0]
    np.testing.assert_array_equal((sound * 32767).round().numpy(), pcm(wav(client, EDITED, view)))
    assert list(yaml.safe_load(text)) == list(drum.space.names)


def test_labels_are_those_of_the_labeller(client):
    query = [("synth", "plucked"), *SHORT]
    plucked, index = synths.Plucked(sample_rate=16000, seconds=0.25), torch.tensor([7])
    labeller = Labeller(plucked, 2)
    labels = labeller(index, plucked.sample(index, 2), plucked.play(index, 2))
    answer = client.json("/api/describe", query)
    assert answer["caption"] == labeller.tokenizer.decode(labels.caption[0].tolist()) != ""
    assert sum(map(len, answer["tags"].values())) == int(labels.tags.sum()) > 0
    facts = {fact["name"]: fact["value"] for fact in answer["facts"]}
    column = [fact.name for fact in labeller.facts].index("pitch_hz")
    assert facts["pitch_hz"] == pytest.approx(labels.facts[0, column].item(), rel=1e-3)


def test_events_of_a_scene_are_on_the_timeline(client):
    query = [("synth", "soundscape"), ("seconds", "2"), ("index", "5"), ("n", "1"), ("set", "scene.n_events=2.5")]
    events = client.json("/api/sounds", query)["views"][0]["events"]
    assert len(events) == 4 and events[-1] == {"onset_s": 0, "offset_s": 2, "source": "bed"}
    assert all(0 <= e["onset_s"] < e["offset_s"] <= 2 and e["source"] in synths.Soundscape.sources for e in events)
    # Columns of other kinds of event are not in use, those of the kinds that occur are.
    names = [p["name"] for p in client.json("/api/synth", query)]
    used = [name for name, x in zip(names, client.json("/api/sounds", query)["in_use"], strict=True) if x]
    assert {name.split(".")[1] for name in used if name.startswith("event_1.") and name.count(".") == 2} == {
        events[0]["source"]
    }
    assert not [name for name in used if name.startswith("event_4")]


def test_doppelgangers_are_more_similar_than_random_pairs(client):
    query = [("synth", "modal"), ("seconds", "1"), ("n", "3")]
    near = client.json("/api/similarity", [*query, ("delta", "0.01")])
    low, middle, high = near["random"]
    assert -1 <= low < middle < high <= 1 and near["n_pairs"] == 24 * 23 / 2
    assert all(value > max(0.9, high) for value in near["doppelgangers"].values()) and list(near["doppelgangers"]) == [
        "a",
        "b",
        "c",
    ]
    same = client.json("/api/similarity", [*query, ("delta", "1")])
    assert np.mean(list(same["doppelgangers"].values())) < np.mean(list(near["doppelgangers"].values()))


def test_a_picture_is_downloaded_as_png(client):
    from PIL import Image

    response = client.get("/api/picture.png", [("synth", "perlin"), ("index", "4")])
    expected = ((find("perlin")().play([4])[0].flip(0) + 1) / 2 * 255).round()
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(response.body))), expected)


def test_names_of_choices_come_from_their_meaning(client):
    options = {p["name"]: p["options"] for p in client.json("/api/synth", [("synth", "soundscape")])}
    assert options["event_1.kind"][:2] == ["glide", "tone"] and len(options["event_1.kind"]) == 13
    assert options["scene.n_events"] == ["1", "2", "3", "4", "5"]


def test_json_is_finite(client):
    for name in ("voice", "soundscape"):
        json.loads(client.get("/api/describe", [("synth", name), *SHORT]).body, parse_constant=pytest.fail)
