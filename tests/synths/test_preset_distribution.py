"""Sounds near presets: a function of (seed, index), of known presets, choices kept."""

import pickle

import pytest
import torch

import synths
from synths import presets
from synths.__main__ import main
from synths.instrument import Instrument
from synths.presets.preset_file import Preset
from synths.synth import AudioSynth

SHORT = {"sample_rate": 16000, "seconds": 0.1}
ITEMS = torch.arange(64)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "presets").mkdir()
    Preset({"keyboard.midi_f0": 40.0, "op_1.coarse": 3.0}).write(tmp_path / "presets" / "low.json")
    high = {"keyboard.midi_f0": [80.0, 84.0], "op_1.coarse": 5.0}
    Preset(high, synth="fouroperatorfm").write(tmp_path / "presets" / "high.yaml")
    return tmp_path / "presets"


def values(synth, name, index=ITEMS):
    return synth.space.to_physical(synth.sample(index, seed=3))[:, synth.space.column(name)]


def test_without_a_step_aside_a_sound_is_one_of_the_presets(folder):
    synth = synths.FourOperatorFM(distribution=synths.PresetDistribution(folder, delta=0), **SHORT)
    midi, coarse = values(synth, "keyboard.midi_f0"), values(synth, "op_1.coarse").floor()
    low = coarse == 3
    assert 16 < low.sum() < 48 and ((coarse == 5) | low).all()
    torch.testing.assert_close(midi[low], torch.full_like(midi[low], 40), rtol=0, atol=1e-4)
    assert midi[~low].min() >= 80 - 1e-4 and midi[~low].max() <= 84 + 1e-4 and midi[~low].std() > 0.5
    # What presets leave free is drawn as without them.
    plain, free = synths.FourOperatorFM(**SHORT).sample(ITEMS, seed=3), synth.space.column("op_2.level")
    assert torch.equal(synth.sample(ITEMS, seed=3)[:, free], plain[:, free])


def test_delta_is_the_distance_and_choices_stay(folder):
    at, near = (
        synths.FourOperatorFM(distribution=synths.PresetDistribution(folder, delta=delta), **SHORT)
        for delta in (0, 0.02)
    )
    theta, moved = at.sample(torch.arange(2000)), near.sample(torch.arange(2000))
    column = at.space.column("op_2.level")
    inside = (theta[:, column] > 0.1) & (theta[:, column] < 0.9)
    assert (moved - theta)[inside, column].std().item() == pytest.approx(0.02, rel=0.1)
    choices = at.space.choices(theta.device)
    assert torch.equal(moved[:, choices], theta[:, choices])


def test_an_item_is_the_same_in_any_batch(folder):
    synth = synths.FourOperatorFM(distribution=f"presets:{folder}:{1 / 30}", **SHORT)
    theta = synth.sample(ITEMS, seed=1)
    assert torch.equal(synth.sample([5, 63], seed=1), theta[[5, 63]])
    assert not torch.equal(synth.sample(ITEMS, seed=2), theta)
    assert torch.equal(pickle.loads(pickle.dumps(synth)).sample(ITEMS, seed=1), theta)
    again = synths.FourOperatorFM(distribution=synth.distribution, **SHORT)  # the text of a label makes it again
    assert torch.equal(again.sample(ITEMS, seed=1), theta)


def test_ranges_override_presets(folder):
    synth = synths.FourOperatorFM(distribution=f"presets:{folder}", ranges={"keyboard.midi_f0": [50, 60]}, **SHORT)
    midi = values(synth, "keyboard.midi_f0")
    assert midi.min() >= 50 and midi.max() <= 60


def test_changed_presets_are_not_the_same_distribution(folder):
    text = synths.FourOperatorFM(distribution=f"presets:{folder}:0.1", **SHORT).distribution
    assert ":0.1@" in text
    Preset({"keyboard.midi_f0": 41.0}).write(folder / "low.json")
    with pytest.raises(ValueError, match="have changed"):
        synths.FourOperatorFM(distribution=text, **SHORT)


@pytest.mark.parametrize(
    ("text", "folder", "delta", "digest"),
    [
        ("presets", None, 0.05, None),
        ("presets:", None, 0.05, None),
        ("presets::0.1", None, 0.1, None),
        ("presets::0.05@0123456789ab", None, 0.05, "0123456789ab"),
        ("presets:kicks", "kicks", 0.05, None),
        ("presets:kicks/:0.1", "kicks/", 0.1, None),
        ("presets:kicks:0.1@0123456789ab", "kicks", 0.1, "0123456789ab"),
        ("presets:2024", "2024", 0.05, None),
        ("presets:2024:0.1", "2024", 0.1, None),
        ("presets:C:\\kicks", "C:\\kicks", 0.05, None),
        ("presets:/data/me@lab/kicks", "/data/me@lab/kicks", 0.05, None),
        ("presets:me@lab:0.1@0123456789ab", "me@lab", 0.1, "0123456789ab"),
        ("presets:there:0.1", "there:0.1", 0.05, None),
        ("presets:at@0123456789ab", "at@0123456789ab", 0.05, None),
    ],
)
def test_a_text_is_a_folder_a_delta_and_a_digest(tmp_path, monkeypatch, text, folder, delta, digest):
    monkeypatch.chdir(tmp_path)
    for existing in ("there:0.1", "at@0123456789ab"):
        (tmp_path / existing).mkdir()
    parsed = synths.PresetDistribution.parse(text)
    assert (parsed.folder, parsed.delta, parsed.digest) == (folder, delta, digest)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (Preset({"keyboard.midi": 40.0}), "unknown parameter 'keyboard.midi'; did you mean keyboard.midi_f0"),
        (Preset({"keyboard.midi_f0": 400.0}), "keyboard.midi_f0: expected a value or"),
        (Preset({"keyboard.midi_f0": 40.0}, synth="drum"), "expected a preset of fouroperatorfm; it is one of drum"),
        (Preset({"old.knob": 1.0}, fingerprint="0" * 16), "old.knob is unknown, keyboard.midi_f0 is not set"),
    ],
)
def test_a_preset_that_does_not_fit_is_named(folder, data, message):
    data.write(folder / "odd.yaml")
    with pytest.raises(ValueError, match=rf"odd.yaml: .*{message}"):
        synths.FourOperatorFM(distribution=f"presets:{folder}", **SHORT)


def test_no_presets_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"expected presets, \.yaml or \.json, in"):
        synths.Drum(distribution=f"presets:{tmp_path}")
    with pytest.raises(ValueError, match='"theta", "physical" or "presets:FOLDER"'):
        synths.Drum(distribution="preset")
    for delta in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="a finite delta of at least 0"):
            synths.PresetDistribution(tmp_path, delta=delta)


WITH_PRESETS = [name for name, cls in synths.catalogue(AudioSynth).items() if presets.names(name)]


def test_every_voice_has_presets():
    assert set(WITH_PRESETS) >= set(synths.catalogue(Instrument))


@pytest.mark.parametrize("name", WITH_PRESETS)
def test_the_presets_of_a_synth_are_a_distribution(name):
    synth = synths.find(name)(distribution="presets", **SHORT)
    assert len(synth._presets.choice(torch.arange(500)).unique()) == len(presets.names(name)) >= 12
    assert synth.play(ITEMS[:8]).isfinite().all()


def test_the_command_line_draws_from_presets(tmp_path, folder, capsys):
    line = ["render", "fouroperatorfm", "-n", "2", "--seconds", "0.1", "--out", str(tmp_path / "out")]
    main([*line, "--distribution", f"presets:{folder}"])
    assert f"presets:{folder}:0.05@" in (tmp_path / "out" / "sounds.jsonl").read_text()
    Preset({"keyboard.midi_f0": 41.0}).write(folder / "low.json")
    with pytest.raises(SystemExit):  # the same folder, other presets
        main([*line, "--distribution", f"presets:{folder}"])
    assert "has distribution presets:" in capsys.readouterr().err
