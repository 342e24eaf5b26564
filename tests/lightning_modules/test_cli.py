"""What the command line takes from configs and checkpoints, and what it refuses."""

import json
import sys

import pytest
import torch
import yaml

from lightning_modules.cli import TrainingCLI

# The smallest training that goes through the command line.
TINY = {
    "trainer": {"accelerator": "cpu", "max_epochs": 1, "enable_model_summary": False, "log_every_n_steps": 1},
    "data": {
        "class_path": "lightning_modules.data.SoundDataModule",
        "init_args": {
            "synth": {"class_path": "synths.patterns.white.White", "init_args": {"n_mels": 64, "n_frames": 48}},
            "batch_size": 4,
            "steps_per_epoch": 4,
            "n_validation_steps": 1,
        },
    },
    "model": {
        "class_path": "lightning_modules.masked_autoencoder.MaskedAutoencoderModule",
        "init_args": {
            "pretext": {
                "class_path": "doppelganger.masked_modeling_duo.MaskedModelingDuo",
                "init_args": {
                    "decoder_dim": 16,
                    "decoder_depth": 1,
                    "decoder_heads": 2,
                    "encoder": {
                        "class_path": "doppelganger.AudioEncoder",
                        "init_args": {
                            "backbone": "audio_vit_tiny",
                            "embedding_dim": None,
                            "window_s": 0.4,
                            "backbone_options": {"depth": 1, "patch_size": [16, 8], "drop_path_rate": 0.5},
                        },
                    },
                },
            },
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.5}},
        },
    },
}

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def config(tmp_path, monkeypatch) -> str:
    """A tiny config in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return str(tmp_path / "tiny.yaml")


def run(monkeypatch, *arguments: str) -> TrainingCLI:
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    return TrainingCLI()


def with_hyper_parameters(path, hyper_parameters, to) -> str:
    checkpoint = torch.load(path, weights_only=True)
    torch.save({**checkpoint, "hyper_parameters": hyper_parameters}, to)
    torch.load(to, weights_only=True)
    return str(to)


def test_the_hyper_parameters_of_a_checkpoint_never_reach_the_config(config, monkeypatch, tmp_path):
    cli = run(monkeypatch, "fit", "--config", config)
    trained = cli.trainer.checkpoint_callback.best_model_path
    system = {"class_path": "os.system", "init_args": {"command": f"touch {tmp_path / 'exploded'}"}}
    model = TINY["model"]["init_args"]
    hostile = {**model, "optimizer": system, "_class_path": TINY["model"]["class_path"]}
    honest = {**model, "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.001}}}
    for name, optimizer in (("hostile", hostile), ("honest", honest)):
        file = with_hyper_parameters(trained, json.loads(json.dumps(optimizer)), tmp_path / f"{name}.ckpt")
        for command in ("validate", "test", "predict", "fit"):
            cli = run(monkeypatch, command, "--config", config, "--ckpt_path", file)
            assert cli.config[command].model.init_args.optimizer.init_args.lr == 0.5
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "given", [{"init_args": {"command": "touch exploded"}}, {"dict_kwargs": {"command": "touch exploded"}}]
)
def test_an_optimizer_that_is_no_optimizer_is_refused_before_anything_runs(
    given, config, monkeypatch, capsys, tmp_path
):
    optimizer = json.dumps({"class_path": "os.system", **given})
    with pytest.raises(SystemExit):
        run(monkeypatch, "fit", "--config", config, f"--model.init_args.optimizer={optimizer}")
    expected = "model.init_args.optimizer: expected the class path of a torch.optim.Optimizer; got os.system"
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "exploded").exists()
