"""The server of the page: files, headers, hosts, bounds and messages."""

import json
import re
from argparse import ArgumentParser
from pathlib import Path

import pytest

from doppelganger.commands import explorer
from synths.command_line.usage import UsageError
from tests import python

PAGE = Path("doppelganger/explorer/page")
VOICE = [("synth", "voice"), ("seconds", "0.2"), ("index", "3")]


def test_the_page_and_all_that_it_names_are_served(client):
    page = client.get("/")
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    named = set(re.findall(r'(?:href|src)="([^"#]+)"', page.body.decode()))
    assert {"explorer.js", "base.css"} <= named
    for name in named | {file.name for file in PAGE.iterdir()}:
        assert client.get(f"/{name}").body == (PAGE / name).read_bytes(), name


def test_nothing_is_loaded_from_the_network():
    for file in PAGE.iterdir():
        text = file.read_text()
        found = re.findall(
            r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.sub(r"//.*", "", text) if file.suffix == ".js" else text
        )
        assert [address for address in found if "www.w3.org" not in address] == [], file
        assert "innerHTML" not in text and " style=" not in text


def test_every_id_that_a_script_names_is_on_the_page():
    page = (PAGE / "page.html").read_text()
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for file in PAGE.glob("*.js"):
        for name in re.findall(r'\$\("([^"]+)"\)', file.read_text()):
            assert name in ids, f"{file}: {name}"


@pytest.mark.parametrize(
    "host", ["evil.example:{}", "127.0.0.1.evil.example:{}", "127.0.0.1:1", "evil.example", "", "["]
)
@pytest.mark.parametrize("path", ["/", "/api/synths"])
def test_another_host_is_refused(client, host, path):
    response = client.get(path, Host=host.format(client.port))
    assert response.status in (400, 421) and b"synth" not in response.body


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}"])
def test_own_addresses_are_answered(client, host):
    assert client.get("/", Host=host.format(client.port)).status == 200


def test_requests_of_another_site_are_refused(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.get("/api/synths", **headers).status == 403
    assert client.get("/", **headers).status == 200  # a link on another page opens this one


def test_headers_keep_other_pages_out(client):
    headers = client.get("/api/synths").headers
    assert "Access-Control-Allow-Origin" not in headers and headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/..%2fserver.py", "/page/page.html", "/nothing.js", "/api/no"],
)
def test_other_files_are_not_served(client, path):
    assert client.get(path).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_rendering_answers_get_alone(client, method):
    assert client.request(method, "/api/sounds").status == 501


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ([("synth", "os:system")], "synth: expected one of"),
        ([("synth", "synths.voices.voice:Voice")], "synth: expected one of"),
        ([("synth", "voice"), ("preset", "../../kick")], "preset: expected a preset of voice (bass, flute, "),
        ([("index", "-1")], "index: expected a whole number from 0 to 2147483647; got '-1'"),
        ([("seed", "9" * 30)], "seed: expected a whole number"),
        ([("index", "1.5")], "index: expected a whole number"),
        ([("seconds", "11")], "seconds: expected a number from 0.1 to 10; got '11'"),
        ([("seconds", "nan")], "seconds: expected a number"),
        ([("delta", "1.5")], "delta: expected a number from 0 to 1"),
        ([("n", "9")], "n: expected a whole number from 0 to 8"),
        ([("rate", "96000")], "rate: expected one of 16000, 22050, 44100 Hz; got 96000"),
        ([("set", "keyboard.midi_f0")], "set: expected NAME=VALUE"),
        ([("set", "keyboard.midi_f0=inf")], "set: expected NAME=VALUE"),
        ([("set", "keyboard.midi=60")], "did you mean keyboard.midi_f0"),
        ([("set", "keyboard.midi_f0=600")], "keyboard.midi_f0: expected 0 to 127 semitone; got 600"),
        ([("view", "z")], "view: expected one of a, b, c"),
        ([("synth", "<script>alert(1)</script>")], "synth: expected one of"),
    ],
)
def test_a_wrong_value_is_named(client, query, message):
    response = client.get("/api/sounds", query)
    assert response.status == 400 and message in json.loads(response.body)["error"]


def test_many_settings_are_refused(client):
    response = client.request("GET", "/api/sounds?" + "&".join(["set=a=1"] * 1500))
    assert response.status == 400


@pytest.mark.parametrize("path", ["/api/sound.wav", "/api/describe", "/api/similarity"])
def test_a_pattern_has_no_sound(client, path):
    response = client.get(path, [("synth", "perlin")])
    assert response.status == 400 and "perlin makes pictures" in json.loads(response.body)["error"]


def test_the_command_names_a_wrong_port():
    done = python.run(["-m", "doppelganger", "explorer", "--no-browser", "--port", "99999"])
    assert done.returncode == 2 and "--port: expected a number from 0 to 65535; got 99999" in done.stderr


def test_the_command_names_a_port_in_use(client):
    done = python.run(["-m", "doppelganger", "explorer", "--no-browser", "--port", client.port])
    assert done.returncode == 2 and f"--port {client.port}" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("flag", ["--encoder", "--folder"])
def test_a_wrong_argument_ends_the_command(flag, tmp_path):
    parser = ArgumentParser()
    explorer.configure(parser)
    with pytest.raises(UsageError, match=f"{flag}: .*nothing"):
        (tmp_path / "nothing").mkdir()
        explorer.run(parser.parse_args([flag, str(tmp_path / "nothing"), "--no-browser", "--port", "0"]))
