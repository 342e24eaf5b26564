"""docs/adding.md, followed: its files in a package of their own, its commands run, its classes checked."""

import importlib
import importlib.util
import inspect
import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

import synths
from doppelganger import AudioEncoder, PairStream, load_encoder
from doppelganger.__main__ import main as doppelganger_main
from doppelganger.checkpoints import load_objective
from synths.__main__ import main as synths_main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def commands(section: str) -> list[str]:
    return [line for block in blocks(SECTIONS[section], "bash") for line in block.splitlines()]


def save(encoder: AudioEncoder, folder: Path) -> None:
    folder.mkdir()
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    torch.save({"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}, folder / "last.ckpt")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The page's files and entry points as an installed package, and what its commands are given."""
    for block in [*blocks(PAGE, "python"), *blocks(PAGE, "yaml")]:
        path = tmp_path / block.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(block)
    info = tmp_path / "my_sounds-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-sounds\nVersion: 1.0\n")
    (declared,) = blocks(PAGE, "toml")
    declared = re.sub(r'\[project\.entry-points\."(.*)"\]', r"[\1]", declared).replace('"', "")
    (info / "entry_points.txt").write_text(declared)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_sounds"]:
        del sys.modules[name]


@pytest.fixture
def run(package, capsys):
    def run(command: str) -> str:
        _, flag, what, *arguments = shlex.split(command)
        if flag == "-c":
            exec(what.replace("main()", f"main({arguments})"), {})
        else:
            {"synths": synths_main, "doppelganger": doppelganger_main}[what](arguments)
        return capsys.readouterr().out

    return run


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


SKIPPED = ("test_has_a_name", "test_is_one_graph", "test_a_gpu_makes_the_same")  # ours alone; slow; no GPU here


def test_a_voice(package, run):
    render, describe, names, described = commands("A voice")
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
    printed = " ".join(run(described).split())
    assert "its labels are measured only" in printed and "meaning" in printed


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


def test_a_perturbation(package):
    from my_sounds.one_unit import OneUnit  # pyright: ignore[reportMissingImports]

    voice, index = synths.find("voice")(sample_rate=16000, seconds=0.1), torch.arange(6)
    pairs = PairStream(voice, OneUnit("s", 0.1))(index)
    moved = (pairs.theta != pairs.theta_a).any(dim=0)
    assert {p.unit for p, m in zip(voice.space, moved, strict=True) if m} == {"s"}
    assert torch.equal(PairStream(voice, OneUnit("s", 0.1))(index[2:3]).theta_b, pairs.theta_b[2:3])


def test_a_loss(package):
    from my_sounds.alignment import Alignment  # pyright: ignore[reportMissingImports]

    a, b = torch.randn(5, 3, requires_grad=True), torch.randn(5, 3)
    loss = Alignment()(a, b)["loss"]
    expected = sum(2 - 2 * float(torch.cosine_similarity(x, y, dim=0)) for x, y in zip(a.detach(), b, strict=True)) / 5
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    loss.backward()
    assert a.grad is not None and a.grad.abs().max() > 0


def test_an_objective(package, tmp_path, monkeypatch):
    """Trained, logged and loaded again by its class path."""
    from lightning_modules.cli import TrainingCLI

    (block,) = blocks(SECTIONS["An objective"], "yaml")
    (tmp_path / "level.yaml").write_text(block, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = ["--trainer.max_epochs=1", "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
    cli = TrainingCLI(args=["fit", "--config=level.yaml", "--trainer.logger=false", *settings])
    assert "val/absolute_error" in cli.trainer.callback_metrics
    cli.trainer.save_checkpoint("level.ckpt")
    objective = load_objective("level.ckpt")
    sounds = cli.datamodule.stream(torch.arange(4))
    assert type(objective).__name__ == "LevelRegression"
    assert torch.equal(objective(sounds)["loss"], cli.model.objective.eval()(sounds)["loss"])


def test_an_augmentation(package):
    from my_sounds.random_level import RandomLevel  # pyright: ignore[reportMissingImports]

    picture = torch.randn(4, 1, 8, 9)
    shift = (RandomLevel(0.5)(picture) - picture).flatten(1)
    assert shift.std(dim=1).max() < 1e-6 and shift.mean(dim=1).std() > 0 and shift.abs().max() <= 0.5


def test_a_front_end(package, run):
    from my_sounds.log_spectrum import LogSpectrum  # pyright: ignore[reportMissingImports]

    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogSpectrum(n_frame=400), window_s=0.5).eval()
    save(encoder, package / "FRONTEND")
    waveform = torch.randn(2, 8000)
    torch.testing.assert_close(load_encoder("FRONTEND")(waveform), encoder(waveform))
    del sys.modules["my_sounds.log_spectrum"]
    with pytest.raises(ValueError, match=r"import my_sounds\.log_spectrum before"):
        load_encoder("FRONTEND")
    run(*commands("A front end"))
    torch.testing.assert_close(load_encoder("again")(waveform), encoder(waveform))


@pytest.fixture
def barks(package):
    """Two dogs who bark at 300 and 3,000 Hz, in three folds."""
    (package / "BARKS" / "audio").mkdir(parents=True)
    lines, time_s = ["file,dog,fold"], np.arange(16000) / 16000
    for i in range(18):
        sound = 0.5 * np.sin(2 * np.pi * (300, 3000)[i % 2] * (1 + i / 200) * time_s)
        soundfile.write(package / "BARKS" / "audio" / f"{i}.wav", sound, 16000)
        lines.append(f"{i}.wav,{('Rex', 'Bella')[i % 2]},{i // 2 % 3}")
    (package / "BARKS" / "barks.csv").write_text("\n".join(lines))


def test_a_task(package, run, barks):
    run(f"{commands('A task')[0]} --cache cache.sqlite")
    (task,) = json.loads((package / "knn" / "log-mel.json").read_text())["tasks"]
    assert (task["name"], task["n_clips"], task["classes"]) == ("barks", 18, ["Bella", "Rex"])
    assert task["about"].startswith("Barks: classify the dog") and task["protocols"]["knn"]["encoders"]


def test_a_protocol(package, run, barks):
    for command, name in zip(commands("A protocol"), ("my_sounds.nearest_mean", "nearest_mean"), strict=True):
        run(f"{command} --cache cache.sqlite")
        (task,) = json.loads((package / "mean" / "log-mel.json").read_text())["tasks"]
        (scores,) = (task["protocols"][name]["encoders"],)
        assert all(score["score"] == 1 for score in scores.values())
        assert "nearest" in (package / "mean" / "log-mel.html").read_text()


def test_an_export_format(package, run):
    encoder = AudioEncoder("test_resnet", embedding_dim=8, window_s=0.5).eval()
    save(encoder, package / "ENCODER")
    first, both = commands("An export format")
    assert "model.npz" in run(first)
    weights = np.load(package / "exported" / "model.npz")
    assert set(weights) == set(encoder.state_dict())
    assert all(np.array_equal(weights[name], value.numpy()) for name, value in encoder.state_dict().items())
    run(both)
    assert (package / "exported" / "model.safetensors").is_file()


def test_a_tagger(package, run):
    captions = ["Rain falls hard", "Rain stops", "Wind howls"]
    rows = [json.dumps({"id": i, "caption": text}) for i, text in enumerate(captions)]
    (package / "captions.jsonl").write_text("\n".join(rows))
    expected = {"one": {"rain", "wind"}, "three": {"rain", "falls", "hard", "stops", "wind", "howls"}}
    for command, (folder, tags) in zip(commands("A tagger"), expected.items(), strict=True):
        run(command)
        lines = (package / folder / "vocabulary.tsv").read_text().splitlines()[1:]
        assert {line.split("\t")[0] for line in lines} == tags


def test_a_config(package, monkeypatch):
    from lightning_modules.cli import TrainingCLI

    (block,) = blocks(SECTIONS["A config"], "yaml")
    files = [str(ROOT / "configs" / "doppelganger" / "voice.yaml"), str(package / "my_sounds.yaml")]
    arguments = [f"--config={file}" for file in files]
    eager = ["--trainer.logger=false", "--data.init_args.compile=false", "--trainer.accelerator=cpu"]
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments, *eager])
    data = TrainingCLI(run=False).datamodule
    assert type(data.synth).__name__ == "Whistle" and data.synth.sample_rate == 16000
    assert type(data.stream.perturbation).__name__ == "OneUnit" and data.stream.perturbation.unit == "semitone"
    assert yaml.safe_load(block)["name"] == "whistle"


def test_every_section_has_a_test():
    tested = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_a")}
    assert {name.lower() for name in SECTIONS} - {"in this repository"} == tested


def test_the_files_of_the_last_section_exist():
    table = SECTIONS["In this repository"]
    for path in re.findall(r"`((?:synths|doppelganger|tests)/[\w/]+(?:\.py)?)", table):
        if "NAME" not in path and "SYNTH" not in path:
            assert (ROOT / path).exists(), path
