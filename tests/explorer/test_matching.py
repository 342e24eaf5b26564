"""A search of the page: how it goes on, what it finds, how it stops."""

import io
import json
import time

import numpy as np
import pytest
import soundfile
import torch

import synths
from doppelganger.explorer.server import UPLOAD_HEADER
from synths import files

QUICK = {"synth": "modal", "steps": "4", "rate": "16000"}


def target_of(seconds=0.3):
    return synths.find("modal")(sample_rate=16000, seconds=seconds).play([500])[0] / 3


def start(client, data, **query):
    response = client.request("POST", "/api/match", data, {UPLOAD_HEADER: "1"}, {**QUICK, **query})
    return response.status, json.loads(response.body)


def wav(client, search, **query):
    data = client.get("/api/search.wav", {"search": search, **query}).body
    return torch.from_numpy(soundfile.read(io.BytesIO(data), dtype="float32")[0])


def report(client, search, known=0):
    return client.json("/api/search", {"search": search, "known": known})


def finished(client, search):
    for _ in range(1200):
        if (found := report(client, search))["done"]:
            return found
        time.sleep(0.1)
    pytest.fail("the search does not end")


@pytest.fixture(scope="module")
def found(client):
    status, started = start(client, files.encode(target_of(), 16000, "wav"))
    assert status == 200, started
    return started | finished(client, started["search"])


def test_the_curve_falls_until_the_end(found):
    assert found["error"] == "" and (found["step"], found["steps"]) == (4, 4) and found["seconds_left"] is None
    assert len(found["curve"]) == 5 and found["curve"] == sorted(found["curve"], reverse=True)
    assert found["seconds"] == 0.3 and found["cut_s"] == 0 and found["n_renders"] >= 64


def test_the_target_is_at_full_scale(client, found):
    expected = target_of()
    peak = expected.abs().max()
    assert found["gain_db"] == pytest.approx(-20 * np.log10(peak.item()), abs=0.06)
    torch.testing.assert_close(wav(client, found["search"], target=1), expected / peak, atol=3e-4, rtol=0)


def test_the_parameters_make_the_sound_that_is_played(client, found):
    """At the level of the target."""
    modal = synths.find("modal")(sample_rate=16000, seconds=0.3)
    values = torch.tensor([[p["value"] for p in found["parameters"]]], dtype=torch.float64)
    sound = modal.render(modal.space.to_theta(values).float())[0]
    target, played = (wav(client, found["search"], target=t) for t in (1, 0))
    gain = min(target.norm() / sound.norm(), 1 / sound.abs().max())
    torch.testing.assert_close(played, gain * sound, atol=2e-3, rtol=0)
    assert [p["name"] for p in found["parameters"]] == list(modal.space.names)


def test_the_search_is_that_of_match(client, found):
    modal = synths.find("modal")(sample_rate=16000, seconds=0.3)
    expected = synths.match(modal, wav(client, found["search"], target=1)[None], steps=4)
    values = torch.tensor([p["value"] for p in found["parameters"]], dtype=torch.float64)
    torch.testing.assert_close(values, modal.space.to_physical(expected.theta)[0].double(), rtol=0.02, atol=0.02)
    assert found["curve"] == pytest.approx(expected.history[:, 0].tolist(), abs=0.01)
    assert found["n_renders"] == expected.n_renders


def test_the_link_turns_its_parameters(client, found):
    data = client.get(f"/api/sounds?{found['query']}&view=").body
    physical = json.loads(data)["views"][0]["physical"]
    assert physical == pytest.approx([p["value"] for p in found["parameters"]], rel=1e-4, abs=1e-6)


def test_a_picture_is_sent_once(client, found):
    assert "picture" in found["best"] and "best" not in report(client, found["search"], found["n_best"])


def test_a_search_stops_with_what_it_has_found(client):
    data = files.encode(target_of(), 16000, "wav")
    search = start(client, data, steps=1000)[1]["search"]
    while not report(client, search)["curve"]:
        time.sleep(0.05)
    assert client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": search}).status == 200
    stopped = finished(client, search)
    assert stopped["error"] == "" and stopped["step"] < 1000 and len(stopped["curve"]) == stopped["step"] + 1
    assert len(stopped["parameters"]) == len(synths.find("modal")().space)


def test_a_new_search_ends_the_one_before(client):
    data = files.encode(target_of(), 16000, "wav")
    first, second = (start(client, data, steps=1000)[1]["search"] for _ in range(2))
    response = client.get("/api/search", {"search": first})
    assert response.status == 400 and "it ended when another one" in json.loads(response.body)["error"]
    client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": second})
    finished(client, second)


def test_a_long_target_is_cut(client):
    status, started = start(client, files.encode(target_of(5.0), 16000, "wav"), steps=0)
    assert status == 200 and (started["seconds"], started["cut_s"]) == (4.0, 1.0)
    finished(client, started["search"])


@pytest.mark.parametrize(
    ("sound", "query", "message"),
    [
        (torch.zeros(8000), {}, "the first 0.5 s are silent"),
        (torch.ones(800), {}, "expected a sound of at least 0.1 s; got 0.05 s"),
        (torch.ones(8000), {"synth": "perlin"}, "perlin makes pictures"),
        (torch.ones(8000), {"synth": "os:system"}, "synth: expected one of"),
        (torch.ones(8000), {"steps": "1001"}, "steps: expected a whole number from 0 to 1000"),
        (torch.ones(8000), {"rate": "1"}, "rate: expected one of"),
    ],
)
def test_a_wrong_search_is_named(client, sound, query, message):
    status, answer = start(client, files.encode(sound, 16000, "wav"), **query)
    assert status == 400 and message in answer["error"]
