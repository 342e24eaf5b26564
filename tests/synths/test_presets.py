"""Every preset fits its synth and makes sound."""

import json

import pytest
import soundfile
import torch

import synths
from synths import presets
from synths.__main__ import main
from synths.presets.preset_file import Preset

ALL = [(synth, name) for synth in synths.catalogue() for name in presets.names(synth)]


@pytest.mark.parametrize("synth, name", ALL)
def test_a_preset_narrows_its_synth(synth, name):
    ranges = presets.load(synth, name)
    made = synths.find(synth)(ranges=ranges, sample_rate=16000, seconds=0.25)
    physical = made.space.to_physical(made.sample(torch.arange(64)))
    named = {parameter: value for parameter, value in ranges.items() if parameter in made.space.names}
    for parameter, value in named.items():
        column = physical[:, made.space.column(parameter)]
        low, high = value if isinstance(value, list) else (value, value)
        assert low <= column.min() and column.max() <= high
    peak = made.play(torch.arange(16)).abs().amax(dim=1)
    assert (peak > 1e-3).double().mean() > 0.95


def centroid_hz(name):
    drum = synths.Drum(ranges=presets.load("drum", name), seconds=0.5)
    power = torch.fft.rfft(drum.play(torch.arange(32))).abs().square().mean(dim=0)
    return (power * torch.fft.rfftfreq(drum.n_samples, 1 / drum.sample_rate)).sum() / power.sum()


def test_the_drums_are_told_apart():
    kick, tom, snare, hat = (centroid_hz(name) for name in ("kick", "tom", "snare", "hat"))
    assert kick < tom < snare < hat
    assert hat > 4000 and kick < 400


def test_the_command_line_knows_them(tmp_path, capsys):
    main(["render", "drum", "--preset", "kick", "--seconds", "0.1", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        main(["render", "drum", "--preset", "kazoo", "--out", str(tmp_path)])
    assert "clap, cowbell, cymbal, hat, hat-open, kick," in capsys.readouterr().err


def test_labels_of_rendered_and_matched_sounds_are_presets(tmp_path):
    voice = synths.Voice(seconds=0.1)
    values = [
        dict(zip(voice.space.names, row, strict=True)) for row in voice.space.to_physical(voice.sample([0, 1])).tolist()
    ]
    lines = [json.dumps({"file": f"{i}.wav", "parameters": value}) + "\n" for i, value in enumerate(values)]
    (tmp_path / "sounds.jsonl").write_text("".join(lines))
    (tmp_path / "one.jsonl").write_text(lines[1])
    (tmp_path / "theta.json").write_text(json.dumps({"loss": 1, "parameters": values[1]}, indent=2))
    (tmp_path / "plain").write_text("keyboard.midi_f0: 60\n")
    for name in ("sounds.jsonl:2", "sounds.jsonl:1.wav", "one.jsonl", "theta.json"):
        ranges = presets.read("voice", str(tmp_path / name))
        assert ranges == values[1]
        played = synths.Voice(seconds=0.1, ranges=ranges).render(voice.sample(5), voice.noise_key(1))
        torch.testing.assert_close(played, voice.play(1), rtol=0, atol=1e-4)
    assert presets.read("voice", str(tmp_path / "plain")) == {"keyboard.midi_f0": 60}
    assert presets.read("voice", "bass") == presets.load("voice", "bass")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sounds.jsonl", "expected one sound of 2; add :N for line N"),
        ("sounds.jsonl:3", "expected one sound of 2"),
        ("theta.json", "expected JSON"),
        ("list.json", "expected a mapping of parameter names to values; got list"),
    ],
)
def test_a_label_that_is_none_is_refused(tmp_path, name, message):
    (tmp_path / "sounds.jsonl").write_text('{"parameters": {}}\n{"parameters": {}}\n')
    (tmp_path / "theta.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ValueError, match=message):
        presets.read("voice", str(tmp_path / name))


def test_presets_round_trip_through_files(tmp_path):
    space = synths.Drum().space
    preset = Preset(
        {"skin.frequency": 50.0, "skin.decay": [0.2, 0.4]}, synth="drum", fingerprint=space.fingerprint(),
        sample_rate=16000, seconds=0.5, name="Boom: 1", about="low", claims={"attack_s": [0, 0.1]},
    )  # fmt: skip
    for name in ("boom.yaml", "boom.json"):
        preset.write(tmp_path / name)
        assert Preset.read(tmp_path / name) == preset
        assert presets.read("drum", str(tmp_path / name), space) == preset.parameters


def test_a_rendered_preset_has_its_rate_and_length_unless_flags_are_given(tmp_path, capsys):
    Preset({"skin.frequency": 60.0}, sample_rate=16000, seconds=0.25).write(tmp_path / "boom.json")
    for i, (flags, rate, seconds) in enumerate(
        [([], 16000, 0.25), (["--sample-rate=8000"], 8000, 0.25), (["--seconds=0.125"], 16000, 0.125)]
    ):
        out = tmp_path / f"{i}.wav"
        main(["render", "drum", f"--preset={tmp_path / 'boom.json'}", *flags, f"--out={out}"])
        assert (soundfile.info(out).samplerate, soundfile.info(out).frames) == (rate, seconds * rate)
    Preset({}, seconds=1e9).write(tmp_path / "long.json")
    with pytest.raises(SystemExit):
        main(["render", "drum", f"--preset={tmp_path / 'long.json'}", f"--out={tmp_path / 'long.wav'}"])
    assert "long.json: sample_rate, seconds: expected at least one sample" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("sample_rate", 0, "a whole number above 0; got 0"),
        ("sample_rate", 8e3, "a whole number above 0; got 8000.0"),
        ("sample_rate", True, "a whole number above 0; got True"),
        ("seconds", "1", "a number above 0; got '1'"),
        ("seconds", float("nan"), "a number above 0; got nan"),
    ],
)
def test_a_rate_and_a_length_are_numbers_above_zero(key, value, expected):
    with pytest.raises(ValueError, match=f"{key}: expected {expected}"):
        Preset.of({"parameters": {}, key: value})


def test_a_sound_rendered_with_set_is_a_preset(tmp_path, capsys):
    sound = ["--seconds", "0.1", "--sample-rate", "16000"]
    main(["render", "drum", "--set", "skin.frequency=60", *sound, "--out", str(tmp_path / "first")])
    line = str(tmp_path / "first" / "sounds.jsonl")
    main(["render", "drum", "--preset", line, *sound, "--out", str(tmp_path / "second")])
    first, second = (json.loads((tmp_path / name / "sounds.jsonl").read_text()) for name in ("first", "second"))
    assert first["layout"] == second["layout"] == synths.Drum().space.fingerprint() != first["fingerprint"]
    assert first["parameters"] == pytest.approx(second["parameters"])
    with pytest.raises(SystemExit):
        main(["render", "modal", "--preset", line, "--out", str(tmp_path / "third")])
    assert "expected a preset of modal; it is one of drum" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": "0" * 16}, "fingerprint 0{16}, not .*: ranges or sound of the same parameters"),
        ({"layout": "0" * 16, "parameters": {"skin.size": 1.0}}, "skin.size is unknown, skin.frequency is not set"),
        ({"synth": 3}, "synth: expected a text; got 3"),
    ],
)  # fmt: skip
def test_what_differs_is_named(tmp_path, change, message):
    drum = synths.Drum()
    values = dict(zip(drum.space.names, drum.space.to_physical(drum.sample(0))[0].tolist(), strict=True))
    label = {"synth": "drum", "layout": drum.space.fingerprint(), "parameters": values}
    (tmp_path / "good.json").write_text(json.dumps(label))
    assert presets.read("drum", str(tmp_path / "good.json"), drum.space) == values
    (tmp_path / "odd.json").write_text(json.dumps(label | change))
    with pytest.raises(ValueError, match=message):
        presets.read("drum", str(tmp_path / "odd.json"), drum.space)
