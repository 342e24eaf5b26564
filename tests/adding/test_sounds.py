"""docs/adding.md, followed: a voice, its causes, and what else makes sounds."""

import importlib.util
import inspect
import json
import re

import numpy as np
import pytest
import soundfile
import torch

import synths
from doppelganger import PairStream
from doppelganger.evaluation.report.pairs import training_pairs
from tests.adding.page import ROOT, commands

SKIPPED = ("test_has_a_name", "test_is_one_graph", "test_a_gpu_makes_the_same")  # ours alone; slow; no GPU here


def contract(cls: type, *skipped: str) -> int:
    """Every point of the contract of synths that needs nothing but the class; how many there were."""
    path = ROOT / "tests" / "contracts" / "test_synth_contract.py"
    spec = importlib.util.spec_from_file_location("contract_of_synths", path)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    points = {name: test for name, test in vars(module).items() if name.startswith("test_") and name not in skipped}
    alone = [test for test in points.values() if list(inspect.signature(test).parameters) == ["cls"]]
    for test in alone:
        test(cls)
    return len(alone)


def test_a_voice(package, run):
    render, describe, names = commands("A voice")
    whistle = synths.find("whistle")
    assert whistle is synths.find("my_sounds.whistle:Whistle")
    assert contract(whistle, *SKIPPED) > 8
    run(render)
    lines = [json.loads(line) for line in (package / "whistles" / "sounds.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["whistle-000000.wav", "whistle-000001.wav"]
    sound, rate = soundfile.read(package / "whistles" / "whistle-000001.wav", dtype="float32")
    expected = whistle(seconds=0.2).play(torch.tensor([1]))[0]
    assert rate == 44100 and np.abs(sound - expected.numpy()).max() < 1e-4
    assert "keyboard.midi_f0" in run(describe)
    assert re.search(r"whistle +A sine with one envelope\. \d+ parameters, 4 s at 44100 Hz\.", run(names))


def test_a_report_shows_pairs_of_a_declared_synth_and_perturbation(package):
    voice = {"class_path": "my_sounds.whistle.Whistle", "init_args": {"sample_rate": 16000, "seconds": 0.5}}
    step = {"class_path": "my_sounds.one_unit.OneUnit", "init_args": {"unit": "semitone", "delta": 0.3}}
    config = {"data": {"init_args": {"synth": voice, "perturbation": step}}}
    pairs = training_pairs(config)
    assert pairs and len(pairs.views) == 4 and len({view.sound for views in pairs.views for view in views}) == 8
    synth, perturbation = "Whistle (sample_rate 16000, seconds 0.5)", "OneUnit (unit semitone, delta 0.3)"
    assert pairs.made_by == f"{synth}, perturbed by {perturbation}"
    # A class that is not declared counts only once it is imported: a checkpoint may be a stranger's.
    other = "from my_sounds.whistle import Whistle\n\n\nclass Other(Whistle): ...\n"
    (package / "my_sounds" / "other.py").write_text(other)
    voice["class_path"] = "my_sounds.other.Other"
    with pytest.raises(ValueError, match=r"my_sounds\.other\.Other, which is neither declared as .* nor imported"):
        training_pairs(config)
    import my_sounds.other  # noqa: F401  # pyright: ignore[reportMissingImports]

    assert training_pairs(config)


def test_a_module(package):
    from my_sounds.drive import Drive  # pyright: ignore[reportMissingImports]

    from synths.dsp.clock import Clock

    clock = Clock(16000, 32, 3, torch.device("cpu"), torch.float32)
    audio = torch.linspace(-1, 1, 192).reshape(2, 3, 32)
    driven = Drive().forward(clock, audio, gain_db=torch.tensor([0.0, 20.0]))
    torch.testing.assert_close(driven, torch.stack([audio[0].tanh(), (10 * audio[1]).tanh()]))
    wrong = "from my_sounds.drive import Drive\nclass Wrong(Drive):\n    def forward(self, clock, audio, *, gain): ..."
    with pytest.raises(TypeError):
        exec(wrong, {})


def test_a_preset(package, run):
    run(*commands("A preset"))
    for line in (package / "high" / "sounds.jsonl").read_text().splitlines():
        values = json.loads(line)["parameters"]
        assert 80 <= values["keyboard.midi_f0"] <= 90 and values["adsr.attack"] == 0.01


def test_a_pattern(package, run):
    run(*commands("A pattern"))
    assert (package / "stripes.png").read_bytes().startswith(b"\x89PNG")
    stripes = synths.find("stripes")
    assert contract(stripes, *SKIPPED) > 8
    space = {"ranges": {"stripes": 8, "noise": 0.1, "contrast": 0}}
    picture = stripes(n_mels=64, n_frames=64, **space).play(torch.arange(1))[0]
    assert torch.fft.rfft(picture.mean(dim=1)).abs()[1:].argmax() + 1 == 8


def test_a_scene(package, run):
    run(*commands("A scene"))
    beeps = synths.find("beeps")
    assert contract(beeps, *SKIPPED) > 8
    scene = beeps(seconds=1.0, ranges={"beep_1.place": 0, "beep_2.place": 1, "beep_*.pitch": 69})
    theta = scene.sample(torch.arange(1))
    sound, events = scene.render(theta)[0], scene.events(theta)
    torch.testing.assert_close(events.onset_s, torch.tensor([[0.0, 0.8]], dtype=torch.float64))
    torch.testing.assert_close(events.offset_s, torch.tensor([[0.2, 1.0]], dtype=torch.float64))
    inside = torch.arange(16000) % 12800 < 3200  # the planned events, at 16 kHz
    assert sound[~inside].abs().max() < 1e-6 and sound[inside].abs().max() > 0.4
    assert torch.fft.rfft(sound).abs().argmax() == 440  # A4, MIDI note 69
    written, _ = soundfile.read(package / "beeps" / "beeps-000001.wav", dtype="float32")
    assert np.abs(written - beeps().play(torch.tensor([1]))[0].numpy()).max() < 1e-4


def test_a_perturbation(package):
    from my_sounds.one_unit import OneUnit  # pyright: ignore[reportMissingImports]

    voice, index = synths.find("voice")(sample_rate=16000, seconds=0.1), torch.arange(6)
    pairs = PairStream(voice, OneUnit("s", 0.1))(index)
    moved = (pairs.theta != pairs.theta_a).any(dim=0)
    assert {p.unit for p, m in zip(voice.space, moved, strict=True) if m} == {"s"}
    assert torch.equal(PairStream(voice, OneUnit("s", 0.1))(index[2:3]).theta_b, pairs.theta_b[2:3])
