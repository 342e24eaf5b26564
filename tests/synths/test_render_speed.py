"""`synths render` on a device, compiled where it pays, and the speed that it reports."""

import json
from argparse import Namespace

import pytest
import torch

import synths
from synths.__main__ import main
from synths.commands import _render_speed
from synths.corpus.manifest import Head, Manifest
from synths.corpus.recipe import Recipe

SHORT = ["--sample-rate", "8000", "--seconds", "0.1"]


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["render", "drum", *SHORT, *arguments])
    assert stop.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("sound_s", "elapsed_s", "expected"),
    [
        (0.1, 0.03, "0.1 s of sound in 0.0 s"),
        (4000, 4.9, "4000.0 s of sound in 4.9 s"),
        (100, 8, "100.0 s of sound in 8.0 s, 12.5 times real time"),
        (0, 8, "0.0 s of sound in 8.0 s"),
    ],
)
def test_a_real_time_factor_needs_a_long_run(sound_s, elapsed_s, expected):
    assert _render_speed.speed(sound_s, elapsed_s) == expected


def test_many_sounds_are_compiled(tmp_path):
    drum = synths.Drum(sample_rate=16000, seconds=1.0)
    few = Namespace(compile=None, shards=False, out=tmp_path, n=130_000, doppelgangers=0)
    assert not _render_speed.compiles(few, drum)
    assert _render_speed.compiles(Namespace(**vars(few) | {"doppelgangers": 1}), drum)
    assert _render_speed.compiles(Namespace(**vars(few) | {"compile": True}), drum)
    assert not _render_speed.compiles(Namespace(**vars(few) | {"compile": False, "n": 10**9}), drum)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_corpus_goes_on_as_it_was_begun(tmp_path, compiled):
    drum = synths.Drum(sample_rate=16000, seconds=1.0)
    Manifest(tmp_path).open(Head(Recipe.of(drum, "drum", {}, compiled=compiled), 0, 10), 10)
    for n in (10, 10**9):
        args = Namespace(compile=None, shards=True, out=tmp_path, n=n, doppelgangers=0)
        assert _render_speed.compiles(args, drum) == compiled


def test_a_folder_goes_on_as_it_was_begun(tmp_path, monkeypatch, capsys):
    n_compiled = []
    monkeypatch.setattr(synths.Drum, "compile", lambda self: n_compiled.append(1))
    for name, most in (("eager", 10**9), ("compiled", 1)):
        n_compiled.clear()
        out = ["--out", str(tmp_path / name)]
        monkeypatch.setattr(_render_speed, "_COMPILES", most)
        main(["render", "drum", *SHORT, *out])
        monkeypatch.setattr(_render_speed, "_COMPILES", 10**9 - most)
        main(["render", "drum", *SHORT, *out, "-n", "2"])
        lines = (tmp_path / name / "sounds.jsonl").read_text().splitlines()
        assert [json.loads(line).get("compiled", False) for line in lines] == [name == "compiled"] * 2
        assert len(n_compiled) == (2 if name == "compiled" else 0)
    said = refused(capsys, "--compile", "-n", "3", "--out", str(tmp_path / "eager"))
    assert "drum-000000.wav has compiled None, not True; choose another folder" in said
    said = refused(capsys, "--no-compile", "-n", "3", "--out", str(tmp_path / "compiled"))
    assert "drum-000000.wav has compiled True, not None; choose another folder" in said


def test_a_device_is_where_sounds_are_rendered(tmp_path, monkeypatch):
    used = []
    arange = torch.arange
    monkeypatch.setattr(torch, "arange", lambda *a, **k: used.append(k.get("device")) or arange(*a, **k))
    for name, flags in (("plain", []), ("device", ["--device", "cpu:0"])):
        used.clear()
        main(["render", "drum", *SHORT, *flags, "--out", str(tmp_path / f"{name}.wav")])
        assert ("cpu:0" in map(str, used)) == bool(flags)
    assert (tmp_path / "plain.wav").read_bytes() == (tmp_path / "device.wav").read_bytes()


def test_compiling_is_done_before_the_clock_starts(tmp_path, monkeypatch, capsys):
    order = []
    monkeypatch.setattr(synths.Drum, "compile", lambda self: order.append("compile"))
    monkeypatch.setattr("synths.commands.render.write_file", lambda *_: order.append("write") or 1)
    main(["render", "drum", *SHORT, "--compile", "--out", str(tmp_path / "a.wav")])
    assert order == ["compile", "write"] and capsys.readouterr().out.startswith("compiled in ")


def test_wrong_flags_are_one_line(tmp_path, capsys):
    folder = ["--out", str(tmp_path / "out")]
    for device in ("abacus", "meta"):
        assert f"such as cpu; got {device} (" in refused(capsys, "--device", device, *folder)
    assert "--device has no effect with --shards" in refused(capsys, "--device", "cpu", "--shards", *folder)
    assert not (tmp_path / "out").exists()
