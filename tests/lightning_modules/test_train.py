"""train.py as a user runs it: what it writes, online and off."""

import csv
import os
from pathlib import Path

import pytest
import torch
import yaml

from doppelganger import load_encoder
from tests import python

ROOT = Path(__file__).parents[2]
SMALL = [
    "--trainer.accelerator=cpu",
    "--trainer.max_epochs=1",
    "--trainer.log_every_n_steps=1",
    "--trainer.check_val_every_n_epoch=1",
    "--data.init_args.batch_size=8",
    "--data.init_args.steps_per_epoch=2",
    "--data.init_args.n_validation_steps=1",
    "--data.init_args.compile=false",
]
SMALL_BACKBONE = [
    "--model.init_args.objective.init_args.encoder.init_args.backbone=test_resnet",
    "--model.init_args.objective.init_args.encoder.init_args.backbone_options={}",
]


def train(folder: Path, *arguments: str, **environment: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = python.run([ROOT / "train.py", *arguments], cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The folder of one small training."""
    folder = tmp_path_factory.mktemp("train")
    printed = train(folder, "fit", "--config", str(ROOT / "configs/quickstart.yaml"), *SMALL)
    assert "arning" not in printed
    (run,) = (folder / "runs" / "quickstart").iterdir()
    return run


def test_a_run_leaves_its_config_metrics_and_checkpoint(run):
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert config["data"]["init_args"]["batch_size"] == 8
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    columns = {name for row in rows for name, value in row.items() if value}
    assert {"train/loss", "val/loss", "val/top1_accuracy", "probe/pitch", "probe/envelope", "probe/waveform"} <= columns
    assert list(run.glob("events.out.tfevents.*"))
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert yaml.safe_load(checkpoint["config"])["data"]["init_args"]["batch_size"] == 8
    encoder = load_encoder(run)
    assert encoder(torch.zeros(2, 16000)).shape == (2, encoder.embedding_dim)


def test_sounds_and_pictures_are_logged(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run), size_guidance={"audio": 0, "images": 0}).Reload()
    assert {"pairs/0a", "pairs/0b"} <= set(events.Tags()["audio"])
    assert events.Tags()["images"] == ["pairs/pictures"]


@pytest.mark.parametrize("command", ["validate", "test", "predict"])
def test_a_checkpoint_goes_through(command, run, tmp_path):
    checkpoint = run / "checkpoints" / "last.ckpt"
    train(tmp_path, command, "--config", str(run / "config.yaml"), "--ckpt_path", str(checkpoint))
    if command == "predict":
        (file,) = tmp_path.rglob("predictions-0.pt")
        assert torch.load(file)["embedding"].shape == (8, load_encoder(run).embedding_dim)


def test_a_point_of_the_sweep_runs_offline_with_the_real_client(tmp_path):
    sweep = yaml.safe_load((ROOT / "configs/sweeps/delta.yaml").read_text())
    point = [f"--{key}={parameter['values'][0]}" for key, parameter in sweep["parameters"].items()]
    train(tmp_path, "fit", *point, *SMALL, *SMALL_BACKBONE, "--wandb", WANDB_MODE="offline")
    (record,) = tmp_path.rglob("run-*.wandb")
    written = record.read_bytes()
    assert sweep["metric"]["name"].encode() in written and b"pairs/pictures" in written
