"""Rendering into a folder: the same bytes whatever else is rendered, and labels that agree with sounds."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import synths
from synths import files
from synths.__main__ import main
from synths.corpus import blocks
from synths.corpus.recipe import Recipe
from synths.corpus.sound_format import SoundFormat
from synths.files import encoding
from synths.synth import Synth
from tests.synths.test_command_line import refused, rendered


@pytest.mark.parametrize("name", ["voice", "soundscape", "modal"])
def test_a_sound_is_the_same_bytes_whichever_others_are_rendered(tmp_path, name):
    for folder, arguments in {
        "together": ["-n", "8"],
        "alone": ["--first", "7"],
        "with variants": ["--first", "6", "-n", "2", "--doppelgangers", "1"],
        "far": ["--first", "5", "-n", "20"],
    }.items():
        main(["render", name, "--seconds", "0.5", "--out", str(tmp_path / folder), *arguments])
    file = f"{name}-000007.wav"
    alone = (tmp_path / "alone" / file).read_bytes()
    for folder in ("together", "with variants", "far"):
        assert (tmp_path / folder / file).read_bytes() == alone


def test_blocks_are_whole_and_start_at_multiples_of_their_size(tmp_path, monkeypatch):
    starts, key = [], Synth.noise_key
    monkeypatch.setattr(Synth, "noise_key", lambda self, index, *rest: starts.append(index) or key(self, index, *rest))
    monkeypatch.setattr(blocks, "_BLOCK_SOUNDS", 4)
    lines = rendered(tmp_path, "-n", "3", "--first", "6", "--doppelgangers", "1")
    assert [index.tolist() for index in starts] == [[4, 5, 6, 7]] * 2 + [[8, 9, 10, 11]] * 2
    assert [(line["index"], line.get("view")) for line in lines] == [
        (i, view) for i in range(6, 9) for view in (None, "a")
    ]


def test_rendering_again_adds_what_is_missing_and_leaves_the_rest(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    rendered(tmp_path, "-n", "2")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.wav")}
    lines = rendered(tmp_path, "-n", "3")
    assert "wrote 1 file to" in (said := capsys.readouterr().out) and "2 were there already" in said
    assert [line["file"] for line in lines] == [f"voice-00000{i}.wav" for i in range(3)]
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before
    rendered(tmp_path, "--format", "flac")
    assert "wrote 0 files" in (rendered(tmp_path, "-n", "3"), capsys.readouterr().out)[1]
    names = ["notes.txt", "sounds.jsonl", "voice-000000.flac", *(f"voice-00000{i}.wav" for i in range(3))]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        (["--seed", "9"], "has seed 0, not 9"),
        (["--seconds", "0.2"], "has seconds 0.1, not 0.2"),
        (["--sample-rate", "16000"], "has sample_rate 44100, not 16000"),
        (["--distribution", "physical"], "has distribution theta, not physical"),
        (["--set", "keyboard.midi_f0=60"], "has fingerprint"),
        (["--doppelgangers", "1", "--delta", "0.2"], "voice-000000-a.wav has delta 0.25, not 0.2"),
    ],
)
def test_other_sounds_of_the_same_name_are_refused(tmp_path, capsys, arguments, difference):
    lines = rendered(tmp_path, "-n", "3", "--doppelgangers", "1")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    options = ["--seconds", "0.1", "-n", "2000", *arguments]
    assert difference in refused(capsys, "render", "voice", "--out", str(tmp_path), *options)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before and len(lines) == 6


def test_what_was_interrupted_goes_on(tmp_path):
    expected = rendered(tmp_path / "whole", "-n", "5")
    rendered(tmp_path / "part", "-n", "3")
    part = tmp_path / "part"
    labels = part / "sounds.jsonl"
    labels.write_bytes(labels.read_bytes()[:-30])  # killed while the third line was written
    (part / f".voice-000002.wav.{files._host()}-{2**22 + 1}-1.tmp").write_bytes(b"half")  # no process has this number
    (part / "voice-000000.wav").unlink()
    (part / "voice-000001.wav").write_bytes(b"")  # as a power cut leaves it
    assert rendered(part, "-n", "5") == expected
    for path in (tmp_path / "whole").iterdir():
        assert (part / path.name).read_bytes() == path.read_bytes()
    assert len(list(part.iterdir())) == 6


def test_a_killed_render_leaves_labels_that_agree(tmp_path):
    out, command = tmp_path / "out", ["-m", "synths", "render", "modal", "-n", "50000", "--seconds", "0.5"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it, and so would we
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen([sys.executable, *command, "--format", "flac", "--out", out], stderr=said)
    deadline = time.monotonic() + 240
    while not (out / "modal-000020.flac").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert (process.wait(60), (tmp_path / "said").read_text()) == (130, "stopped\n")
    lines = [json.loads(line) for line in (out / "sounds.jsonl").read_text().splitlines()]
    assert len(lines) >= 20
    assert {line["file"] for line in lines} >= {path.name for path in sorted(out.glob("modal*"))[:-1]}
    assert not list(out.glob(".*"))


def test_encoding_makes_no_python_callbacks():
    """An interrupt in a callback from C is lost."""
    callbacks = []
    sys.setprofile(lambda frame, event, arg: callbacks.append(frame.f_code.co_name) if event == "call" else None)
    try:
        data = encoding.encode(torch.zeros(100_000), 44100, "flac")
    finally:
        sys.setprofile(None)
    assert data.startswith(b"fLaC")
    assert not {"vio_write", "vio_seek", "vio_tell", "vio_get_filelen"} & set(callbacks)


@pytest.mark.parametrize("full", ["voice-000002.wav", "sounds.jsonl"])
def test_a_full_disk_names_the_file_and_leaves_labels_that_agree(tmp_path, monkeypatch, capsys, full):
    rendered(tmp_path, "-n", "2")
    write_bytes, opened = Path.write_bytes, Path.open

    def fails():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        Path, "write_bytes", lambda path, data: fails() if full in path.name else write_bytes(path, data)
    )
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, *how, **kwargs: fails() if (path.name, *how) == (full, "ab") else opened(path, *how, **kwargs),
    )
    message = refused(capsys, "render", "voice", "--seconds", "0.1", "-n", "4", "--out", str(tmp_path))
    assert f"No space left on device: {tmp_path / full}" in message
    monkeypatch.undo()
    lines = [json.loads(line) for line in (tmp_path / "sounds.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["voice-000000.wav", "voice-000001.wav"]
    assert len(rendered(tmp_path, "-n", "4")) == 4


def test_labels_that_are_none_are_refused(tmp_path, capsys):
    (tmp_path / "sounds.jsonl").write_text("mine\n")
    message = refused(capsys, "render", "voice", "--seconds", "0.1", "--out", str(tmp_path))
    assert "sounds.jsonl: line 1 is no label of a sound" in message


def test_memory_that_is_not_there_is_one_line(tmp_path, monkeypatch, capsys):
    def fails(self, *_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:125] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Synth, "render", fails)
    assert "--seconds: not enough memory" in refused(capsys, "render", "voice", "--out", str(tmp_path / "sounds"))


def test_errors_of_a_renderer_name_no_flags(monkeypatch):
    drum, settings = synths.Drum(sample_rate=8000, seconds=0.1), {"sample_rate": 8000, "seconds": 0.1}
    with pytest.raises(ValueError, match=r"expected a package with corpus_labels, .*; got 'nothing'") as no_labels:
        blocks.Renderer(Recipe.of(drum, "drum", settings, labels="nothing"))
    renderer = blocks.Renderer(Recipe.of(drum, "drum", settings, sound_format=SoundFormat("flac", "float")))
    with pytest.raises(encoding.EncodingError, match="cannot write flac of floats") as no_file:
        next(renderer.render(renderer.sounds(0, 1)))
    monkeypatch.setattr(Synth, "render", lambda *_: torch.empty(1 << 60))
    with pytest.raises(MemoryError, match=r"not enough memory for 16 sounds of seconds=0.1") as no_memory:
        next(renderer.render(renderer.sounds(0, 1)))
    assert not any("--" in str(raised.value) for raised in (no_labels, no_file, no_memory))
