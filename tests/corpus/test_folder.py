"""A folder of sounds without shards: one recipe, and no trace of a run that was stopped."""

import json
import signal
import time

import pytest

from synths import files
from synths.__main__ import main
from tests import python
from tests.corpus.corpora import contents, made, stopped

FLAGS = ["--seconds", "0.05", "--sample-rate", "8000"]


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        (["voice", "--seed", "9"], "has seed 0, not 9"),
        (["voice", "--normalize", "peak"], "has normalize None, not peak"),
        (["voice", "--fade-out", "0.01"], "has fade_out_s None, not 0.01"),
        (["voice", "--subtype", "float"], "has subtype None, not float"),
        (["voice", "--labels", "doppelganger"], "has labels None, not doppelganger"),
        (["voice", "--doppelgangers", "1", "--delta", "0.1"], "voice-000000-a.wav has delta 0.25, not 0.1"),
        (["modal"], "has synth voice, not modal"),
    ],
)
def test_other_sounds_of_another_recipe_are_refused(tmp_path, arguments, difference):
    main(["render", "voice", "-n", "2", "--doppelgangers", "1", "--out", str(tmp_path), *FLAGS])
    before = contents(tmp_path)
    assert difference in stopped("render", *arguments, "--first", "5", "--out", tmp_path, *FLAGS)
    assert contents(tmp_path) == before


def test_a_folder_and_a_corpus_are_two(tmp_path):
    main(["render", "voice", "--out", str(tmp_path / "folder"), *FLAGS])
    with pytest.raises(ValueError, match=r"holds sounds\.jsonl; choose another folder"):
        made(tmp_path / "folder")
    made(tmp_path / "corpus", n=1)
    assert "add --shards" in stopped("render", "voice", "--out", tmp_path / "corpus", *FLAGS)


def test_what_a_killed_run_left_goes_even_if_no_sound_is_missing(tmp_path):
    main(["render", "voice", "--out", str(tmp_path), *FLAGS])
    left = tmp_path / f".voice-000001.wav.{files._host()}-{2**22 + 1}-1.tmp"  # no process has this number
    left.write_bytes(b"half")
    labels = tmp_path / "sounds.jsonl"
    labels.write_bytes(labels.read_bytes() + b'{"file": "voice-0')
    main(["render", "voice", "--out", str(tmp_path), *FLAGS])
    assert not left.exists() and labels.read_bytes().endswith(b"}\n")


def test_sigterm_stops_at_once_and_leaves_nothing_half(tmp_path):
    command = ["-m", "synths", "render", "voice", "-n", "50000", "--format", "flac", *FLAGS, "--out", tmp_path / "out"]
    with (tmp_path / "said").open("w") as said:
        process = python.Process(command, stderr=said)
    deadline = time.monotonic() + 120
    while not (tmp_path / "out" / "voice-000020.flac").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert (process.wait(60), (tmp_path / "said").read_text()) == (143, "") and time.monotonic() - started < 30
    assert not list((tmp_path / "out").glob(".*"))


def test_two_renders_at_once_are_refused(tmp_path):
    process = python.Process(["-m", "synths", "render", "voice", "-n", "5000", "--out", tmp_path, *FLAGS])
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "sounds.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "another process renders into it" in stopped("render", "voice", "-n", "9999", "--out", tmp_path, *FLAGS)
    finally:
        process.kill()
        process.wait()
    main(["render", "voice", "-n", "3", "--out", str(tmp_path), *FLAGS])  # a killed one holds nothing
    names = [json.loads(line)["file"] for line in (tmp_path / "sounds.jsonl").read_text().splitlines()]
    assert len(names) == len(set(names)) and not (tmp_path / ".lock").exists()
