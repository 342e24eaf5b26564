"""Every YAML in configs/ against the code: a new config is tested by being there."""

import sys
from pathlib import Path

import pytest
import torch
import yaml

from doppelganger import AudioEncoder
from doppelganger.evaluation import task_names
from lightning_modules.cli import TrainingCLI
from synths import AudioSynth

CONFIGS = Path(__file__).parents[2] / "configs"
FINETUNINGS = sorted(path for path in CONFIGS.rglob("*.yaml") if "finetune" in str(path.relative_to(CONFIGS)))
TRAININGS = [
    path
    for path in sorted(CONFIGS.rglob("*.yaml"))
    if path.parent.name not in ("sweeps", "synths", "studies") and path not in FINETUNINGS
]
SYNTHS = sorted((CONFIGS / "synths").glob("*.yaml"))
SWEEPS = sorted((CONFIGS / "sweeps").glob("*.yaml"))


def parsed(monkeypatch, *arguments: str) -> TrainingCLI:
    """The command line with everything built and nothing run."""
    monkeypatch.setattr(sys, "argv", ["train.py", "--trainer.logger=false", *arguments])
    return TrainingCLI(run=False)


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_config_builds(path, monkeypatch):
    eager = "--data.init_args.compile=false"
    cli = parsed(monkeypatch, "--config", str(path), eager, "--trainer.accelerator=cpu")
    synth, encoder = cli.datamodule.synth, cli.model.encoder
    if isinstance(synth, AudioSynth):
        assert (synth.sample_rate, synth.seconds) == (encoder.sample_rate, encoder.window_s)
    with torch.no_grad():
        assert encoder.eval()(synth.play(torch.arange(2))).shape == (2, encoder.embedding_dim)
    assert cli.config["name"] != "run", "give the config a name, so that its runs have a folder"


@pytest.mark.parametrize("path", FINETUNINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_fine_tuning_takes_any_encoder(path, monkeypatch, tmp_path):
    encoder = AudioEncoder("test_resnet", embedding_dim=8)
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    torch.save({"encoder": encoder.recipe(), "state_dict": weights}, tmp_path / "last.ckpt")
    named = f"--model.init_args.encoder.init_args.path={tmp_path / 'last.ckpt'}"
    cli = parsed(monkeypatch, "--config", str(path), named, "--trainer.accelerator=cpu")
    assert cli.model.encoder.embedding_dim == 8 and cli.config["name"] != "run"
    assert cli.datamodule.task_name in task_names()


@pytest.mark.parametrize("path", SYNTHS, ids=lambda path: path.stem)
def test_a_synth_takes_the_place_of_another(path, monkeypatch):
    config = str(CONFIGS / "doppelganger" / "voice.yaml")
    named = f"--data.init_args.synth={path}"
    eager = "--data.init_args.compile=false"
    cli = parsed(monkeypatch, "--config", config, named, eager, "--trainer.accelerator=cpu")
    pairs = cli.datamodule.pairs(torch.arange(8))
    assert pairs.a.shape == (8, cli.model.encoder.sample_rate)
    assert not torch.equal(pairs.a, pairs.b)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_key_of_a_sweep_is_a_key_of_its_config(path, monkeypatch):
    sweep = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sweep["command"][:4] == ["${env}", "python", "${program}", "fit"] and sweep["program"] == "train.py"
    config = sweep["command"][sweep["command"].index("--config") + 1]
    for key, parameter in sweep["parameters"].items():
        for value in parameter.get("values", [parameter.get("value"), parameter.get("min"), parameter.get("max")]):
            if value is None:
                continue
            cli = parsed(
                monkeypatch, "--config", str(CONFIGS.parent / config), f"--{key}={value}", "--trainer.accelerator=cpu"
            )
            assert cli.config[key] == value


@pytest.mark.parametrize(
    "argument, nearest",
    [
        ("--data.init_args.batchsize=4", "batch_size"),
        ("--data.init_args.perturbation.init_args.delt=4", "delta"),
        ("--data.init_args.synth.init_args.sampel_rate=4", "sample_rate"),
        ("--trainer.max_epoch=3", "trainer.max_epochs"),
    ],
)
def test_an_unknown_key_names_the_nearest(argument, nearest, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        parsed(monkeypatch, "--config", str(CONFIGS / "quickstart.yaml"), argument)
    assert f"Did you mean: {nearest}" in capsys.readouterr().err
