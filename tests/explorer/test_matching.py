"""A search of the page: how it goes on, what it finds, how it stops."""

import io
import json
import time

import numpy as np
import pytest
import soundfile
import torch

import synths
from doppelganger.explorer.matching import seconds_left
from doppelganger.explorer.server import UPLOAD_HEADER
from synths.files import encoding

QUICK = {"synth": "modal", "steps": "4", "rate": "16000"}


def target_of(seconds=0.3):
    sound = synths.find("modal")(sample_rate=16000, seconds=seconds).play([500])[0] / 3
    return torch.cat([sound[1:], torch.zeros(1)])  # from its first sound on


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
    status, started = start(client, encoding.encode(target_of(), 16000, "wav"))
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
    data = encoding.encode(target_of(), 16000, "wav")
    search = start(client, data, steps=1000)[1]["search"]
    while not report(client, search)["curve"]:
        time.sleep(0.05)
    assert client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": search}).status == 200
    stopped = finished(client, search)
    assert stopped["error"] == "" and stopped["step"] < 1000 and len(stopped["curve"]) == stopped["step"] + 1
    assert len(stopped["parameters"]) == len(synths.find("modal")().space)


def test_a_new_search_ends_the_one_before(client):
    data = encoding.encode(target_of(), 16000, "wav")
    first, second = (start(client, data, steps=1000)[1]["search"] for _ in range(2))
    response = client.get("/api/search", {"search": first})
    assert response.status == 400 and "it ended when another one" in json.loads(response.body)["error"]
    client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": second})
    finished(client, second)


@pytest.mark.parametrize(("query", "seconds"), [({}, 1.0), ({"seconds": "4"}, 4.0), ({"seconds": "0.5"}, 0.5)])
def test_a_long_target_is_cut_to_a_quick_length_unless_another_is_wanted(client, query, seconds):
    status, started = start(client, encoding.encode(target_of(5.0), 16000, "wav"), steps=0, **query)
    assert status == 200 and (started["seconds"], started["cut_s"]) == (seconds, pytest.approx(5.0 - seconds, abs=1e-3))
    assert started["start_s"] == 0
    finished(client, started["search"])


def test_a_search_is_quick_unless_more_is_wanted(client):
    data = encoding.encode(target_of(), 16000, "wav")
    response = client.request("POST", "/api/match", data, {UPLOAD_HEADER: "1"}, {"synth": "modal"})
    started = json.loads(response.body)
    assert started["sample_rate"] == 16000 and report(client, started["search"])["steps"] == 50
    client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": started["search"]})
    finished(client, started["search"])


@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_the_target_begins_with_its_first_sound(client, offset):
    sound = target_of()
    late = torch.cat([torch.full((8000,), 1e-3 * float(sound.abs().max())), sound, torch.zeros(16000)]) + offset
    started = start(client, encoding.encode(late, 16000, "wav"), steps=0)[1]
    assert started["start_s"] == 0.5 and started["seconds"] == 1.0
    expected = torch.cat([sound, torch.zeros(16000 - len(sound))]) / sound.abs().max()
    torch.testing.assert_close(wav(client, started["search"], target=1), expected, atol=2e-3, rtol=0)
    finished(client, started["search"])


def test_the_time_left_is_that_of_the_latest_steps():
    assert seconds_left([], 10, 5.0) is None and seconds_left([3.0], 10, 5.0) is None
    assert seconds_left([3.0, 4.0, 7.0], 10, 7.0) == 8 * 2.0  # the random sounds before do not count
    assert seconds_left([3.0, 4.0, 7.0], 10, 8.5) == 8 * 2.0 - 1.5  # it goes down within a step
    assert seconds_left([3.0, 4.0, 7.0], 2, 7.5) == 0
    assert seconds_left([*range(0, 100, 10), *range(100, 112)], 40, 111.0) == 19 * 1.0  # slow steps long ago


def test_a_report_says_how_long_it_took_and_takes(client):
    data = encoding.encode(target_of(), 16000, "wav")
    search = start(client, data, steps=1000)[1]["search"]
    while (found := report(client, search))["step"] < 2:
        time.sleep(0.05)
    step_s = found["elapsed_s"] / found["step"]
    assert 0 < found["seconds_left"] < 1000 * step_s
    client.request("POST", "/api/stop", b"", {UPLOAD_HEADER: "1"}, {"search": search})
    finished(client, search)


@pytest.mark.parametrize(
    ("sound", "query", "message"),
    [
        (torch.zeros(8000), {}, "it is silent"),
        (torch.linspace(-1, 1, 800), {}, "expected a sound of at least 0.1 s; got 0.05 s"),
        (torch.linspace(-1, 1, 8000), {"synth": "perlin"}, "perlin makes pictures"),
        (torch.linspace(-1, 1, 8000), {"synth": "os:system"}, "synth: expected one of"),
        (torch.linspace(-1, 1, 8000), {"steps": "1001"}, "steps: expected a whole number from 0 to 1000"),
        (torch.linspace(-1, 1, 8000), {"rate": "1"}, "rate: expected one of"),
        (torch.linspace(-1, 1, 8000), {"seconds": "5"}, "seconds: expected a number from 0.1 to 4"),
    ],
)
def test_a_wrong_search_is_named(client, sound, query, message):
    status, answer = start(client, encoding.encode(sound, 16000, "wav"), **query)
    assert status == 400 and message in answer["error"]
