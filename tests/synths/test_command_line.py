"""The command line, against what the library says and what soundfile reads back."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
import torch

from synths.__main__ import main
from synths.command_line.usage import interrupted_at_once
from synths.finding import catalogue, find
from synths.perturbation import perturb
from tests import python


def rendered(folder, *arguments):
    """The lines of sounds.jsonl after rendering short voices into a folder."""
    main(["render", "voice", "--seconds", "0.1", "--out", str(folder), *arguments])
    return [json.loads(line) for line in (folder / "sounds.jsonl").read_text().splitlines()]


def refused(capsys, *arguments):
    """The one line on stderr of a command that cannot be done."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    message = capsys.readouterr().err
    assert stop.value.code == 2
    assert message.count("\n") == 1
    return message


def groups_listed(text):
    """Rows of `list` by the title above them; a row is a name and the words of its description."""
    found = {}
    for line in text.splitlines():
        name, described = line[2:22].strip(), line[22:].split()
        if line and not line.startswith(" "):
            rows = found.setdefault(line.strip(), {})
        elif name:
            rows[name] = described
        elif described:
            rows[list(rows)[-1]] += described
    return found


def test_an_unknown_flag_leads_to_the_help_of_its_command(capsys):
    message = refused(capsys, "render", "voice", "--secnods", "1")
    assert "unrecognized arguments: --secnods 1 (see" in message and message.endswith("synths render --help)\n")


@pytest.mark.parametrize("columns", ["60", "80", "120", None])
def test_list_is_whole_at_any_width(columns, monkeypatch, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    main(["list"])
    text = capsys.readouterr().out
    assert max(len(line.rstrip()) for line in text.splitlines()) <= int(columns or 240)
    groups = groups_listed(text)
    assert list(groups) == ["Voices", "Scenes", "Patterns"]
    assert {"voice", "bank", "torchsynth"} <= groups["Voices"].keys()
    assert groups["Scenes"].keys() == {"audiopg", "soundscape"}
    assert {"perlin", "white"} <= groups["Patterns"].keys()
    rows = {name: " ".join(words) for group in groups.values() for name, words in group.items()}
    assert rows.keys() == catalogue().keys()
    for name, cls in catalogue().items():
        summary = (cls.__doc__ or "").splitlines()[0]
        assert rows[name].startswith(f"{summary} {len(cls().space)} parameters, ") and rows[name].endswith(".")
    assert rows["voice"].endswith(" 78 parameters, 4 s at 44100 Hz.")
    assert rows["perlin"].endswith(" 6 parameters, 80 mel bands x 208 frames.")


def test_a_pipe_gets_a_line_for_each_synth():
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    result = python.run(["-m", "synths", "list"], env=environment)
    rows = [line for line in result.stdout.splitlines() if line.startswith("  ") and line.strip()]
    assert {row.split()[0] for row in rows} == catalogue().keys()


def test_describe_prints_one_row_a_parameter(capsys):
    main(["describe", "voice"])
    table = capsys.readouterr().out
    for p in find("voice")().space:
        row = next(line for line in table.splitlines() if line.split()[:1] == [p.name])
        assert p.doc in row


def test_describe_writes_numbers_without_exponents(capsys):
    main(["describe", "drum"])
    (row,) = (line for line in capsys.readouterr().out.splitlines() if "metal.brightness" in line)
    assert "  1000 to 12000  " in row


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_describe_is_whole_at_any_width(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    main(["describe", "voice"])
    printed = capsys.readouterr().out
    assert all(len(line) <= columns for line in printed.splitlines())
    words = "".join(printed.split())
    for p in find("voice")().space:
        assert f"{p.doc}".replace(" ", "") in words or columns == 120  # a column of a table breaks its sentences
    n_semitones = sum(p.unit == "semitone" for p in find("voice")().space)
    assert words.count("semitone") >= n_semitones > 3 and "440" in words and "…" not in words


def test_a_reader_that_stops_reading_gets_no_traceback():
    command = f"{sys.executable} -m synths describe voice | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in result.stderr and "BrokenPipe" not in result.stderr


def test_describe_json_is_the_table_of_the_space(capsys):
    main(["describe", "voice", "--json", "--set", "keyboard.midi_f0=60"])
    space = find("voice")(ranges={"keyboard.midi_f0": 60}).space
    assert json.loads(capsys.readouterr().out) == space.describe()


@pytest.mark.parametrize("file_format", ["wav", "flac"])
def test_files_hold_the_sounds_of_the_synth(tmp_path, file_format, capsys):
    lines = rendered(tmp_path / "sounds", "-n", "3", "--first", "5", "--seed", "2", "--format", file_format)
    synth = find("voice")(seconds=0.1)
    index = torch.arange(5, 8)
    theta = synth.sample(index, seed=2)
    assert [line["index"] for line in lines] == [5, 6, 7]
    assert [line["file"] for line in lines] == [f"voice-00000{i}.{file_format}" for i in (5, 6, 7)]
    for line, expected, physical in zip(lines, synth.play(index, seed=2), synth.space.to_physical(theta), strict=True):
        waveform, sample_rate = soundfile.read(tmp_path / "sounds" / line["file"], dtype="int16")
        assert sample_rate == line["sample_rate"] == synth.sample_rate
        assert line["fingerprint"] == synth.space.fingerprint()
        assert (torch.from_numpy(waveform) / 32767 - expected).abs().max() <= 0.5001 / 32767
        assert line["parameters"] == dict(zip(synth.space.names, physical.tolist(), strict=True))
    assert "wrote 3 files" in capsys.readouterr().out
    assert len(list((tmp_path / "sounds").iterdir())) == 4


def test_one_sound_can_be_one_file(tmp_path):
    path = tmp_path / "new" / "kick.flac"
    main(["render", "voice", "--seconds", "0.1", "--first", "3", "--out", str(path)])
    assert soundfile.info(path).format == "FLAC"
    assert list(path.parent.iterdir()) == [path]


def test_set_wins_over_the_preset(tmp_path):
    preset = tmp_path / "preset.yaml"
    preset.write_text("keyboard.midi_f0: 30\nkeyboard.duration: [1, 2]\nmixer.noise: 0.5\n")
    lines = rendered(tmp_path, "-n", "8", "--preset", str(preset), "--set", "keyboard.midi_f0=40:80")
    values = {name: [line["parameters"][name] for line in lines] for name in lines[0]["parameters"]}
    assert set(values["mixer.noise"]) == {0.5}
    assert all(1 <= duration <= 2 for duration in values["keyboard.duration"])
    assert all(40 <= midi <= 80 for midi in values["keyboard.midi_f0"])
    assert len(set(values["keyboard.midi_f0"])) == 8


def test_doppelgangers_are_perturbed_and_have_their_own_noise(tmp_path):
    lines = rendered(tmp_path, "-n", "2", "--doppelgangers", "2", "--delta", "0.1", "--seed", "4")
    names = ["voice-000000", "voice-000000-a", "voice-000000-b", "voice-000001", "voice-000001-a", "voice-000001-b"]
    assert [line["file"] for line in lines] == [f"{name}.wav" for name in names]
    assert [line.get("view") for line in lines] == [None, "a", "b"] * 2
    assert [line.get("delta") for line in lines] == [None, 0.1, 0.1] * 2

    synth, index = find("voice")(seconds=0.1), torch.arange(2)
    theta = perturb(synth.space, synth.sample(index, 4), 0.1, index, seed=4, view="b")
    expected = synth.render(theta, synth.noise_key(index, 4, view="b"))
    for row, name in enumerate(["voice-000000-b", "voice-000001-b"]):
        waveform, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="int16")
        assert (torch.from_numpy(waveform) / 32767 - expected[row]).abs().max() <= 0.5001 / 32767


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["voic"], "did you mean voice, "),
        (["voice", "--set", "keyboard.midi_f=60"], "--set: unknown parameter 'keyboard.midi_f'; did you mean keyboard"),
        (["voice", "--set", "keyboard.midi_f0=20:200"], "within 0 to 127 semitone"),
        (["voice", "--set", "keyboard.midi_f0"], "expected NAME=VALUE or NAME=LOW:HIGH"),
        (["voice", "--preset", "missing.yaml"], "--preset missing.yaml: No such file"),
        (["voice", "-n", "0"], "-n: expected a whole number of at least 1; got '0'"),
        (["voice", "--seed", str(2**63)], f"--seed: expected a whole number from 0 to {2**62}; got '{2**63}'"),
        (["voice", "--doppelgangers", "2", "--delta", "-1"], "--delta: expected a number of at least 0; got '-1'"),
        (["voice", "--delta", "0.1"], "add --doppelgangers"),
        (["voice", "--format", "mp3"], "'wav', 'flac'"),
        (["voice", "--seconds", "nan"], "--seconds: expected a number above 0"),
        (["voice", "--seconds", "1e-9"], "at least one sample"),
        (["voice", "--seconds", "1e9"], "fewer than 2^31"),
        (["voice", "--sample-rate", "100"], "--sample-rate 100: expected a sample_rate from 441 Hz"),
        (["voice", "--sample-rate", "700000", "--seconds", "0.01", "--format", "flac"], "cannot write flac"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing_behind(tmp_path, capsys, arguments, expected):
    assert expected in refused(capsys, "render", *arguments, "--out", str(tmp_path / "sounds"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1", "expected YAML"),
        ("- 1", "expected a mapping"),
        ("", "expected a mapping"),
        ("keyboard.midi_f0: high", "'keyboard.midi_f0': expected a number or [low, high]; got 'high'"),
        ("keyboard.midi_f0: [1, 2, 3]", "expected a number or [low, high]"),
        ("keyboard.midi: 60", "did you mean keyboard.midi_f0"),
    ],
)
def test_a_mistake_in_a_preset_names_the_flag(tmp_path, capsys, text, expected):
    preset = tmp_path / "preset.yaml"
    preset.write_text(text)
    message = refused(capsys, "render", "voice", "--preset", str(preset), "--out", str(tmp_path / "sounds"))
    assert f"--preset {preset}" in message
    assert expected in message
    assert not (tmp_path / "sounds").exists()


@pytest.mark.parametrize("arguments", [["-n", "2"], ["--doppelgangers", "1"], ["--format", "flac"]])
def test_a_file_is_not_a_folder(tmp_path, capsys, arguments):
    refused(capsys, "render", "voice", *arguments, "--out", str(tmp_path / "kick.wav"))
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_taken_for_a_folder(tmp_path, capsys):
    (tmp_path / "sounds").write_text("mine")
    assert "it is a file" in refused(capsys, "render", "voice", "--out", str(tmp_path / "sounds"))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["render", "voice"], "NAME"),
        (["render", "voice", "--shards"], "NAME"),
        (["render", "voice"], "NAME.wav"),
        (["render", "subtractive", "--midi", "song.mid"], "NAME.wav"),
        (["match", "target.wav"], "NAME"),
        (["import", "bank.syx"], "NAME"),
        (["gallery", "white"], "NAME.png"),
        (["benchmark"], "NAME"),
    ],
)
def test_a_name_that_no_disk_holds_is_refused_before_the_work(tmp_path, capsys, command, name):
    out = tmp_path / name.replace("NAME", "a" * 300)
    assert f"--out {out}: File name too long" in refused(capsys, *command, "--out", str(out))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["render", "subtractive", "--midi", "song.mid"], "there.wav"),
        (["gallery", "white"], "there.png"),
        (["benchmark"], "there"),
    ],
)
def test_a_folder_is_not_a_file(tmp_path, capsys, command, name):
    (tmp_path / name).mkdir()
    assert "it is a folder" in refused(capsys, *command, "--out", str(tmp_path / name))


@pytest.mark.parametrize("command", [["render", "voice"], ["match", "target.wav"], ["gallery", "white"]])
def test_a_place_that_takes_no_files_is_refused_before_the_work(tmp_path, capsys, monkeypatch, command):
    (tmp_path / "mine").write_text("mine")
    below_a_file = refused(capsys, *command, "--out", str(tmp_path / "mine" / "new.png"))
    assert f"expected a place in a folder; {tmp_path / 'mine'} is a file" in below_a_file
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)  # root may write everywhere
    out = tmp_path if command[0] == "match" else tmp_path / "new" / "new.png"
    assert f"{tmp_path} is read-only" in refused(capsys, *command, "--out", str(out))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_distribution_of_a_name_that_no_disk_holds_is_refused(tmp_path, capsys):
    arguments = ["--distribution", f"presets:{'a' * 300}", "--out", str(tmp_path / "sounds")]
    assert "--distribution presets:aaa" in refused(capsys, "render", "voice", *arguments)


def test_another_sound_format_is_not_taken_for_a_folder(tmp_path, capsys):
    message = refused(capsys, "render", "voice", "--seconds", "0.1", "--out", str(tmp_path / "kick.mp3"))
    assert "expected a folder, or a .wav or .flac file" in message
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "kick.mp3").mkdir()
    assert len(rendered(tmp_path / "kick.mp3")) == 1


def test_an_interrupt_is_not_lost_in_a_finaliser():
    class Finalised:
        def __del__(self):
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it, and so would we
    with pytest.raises(KeyboardInterrupt), interrupted_at_once():
        Finalised()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            time.sleep(0.01)
