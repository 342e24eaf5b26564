"""Fine-tuning fold after fold, as a user runs it."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from doppelganger import load_encoder
from lightning_modules.commands.cross_validation import main
from lightning_modules.finetuning import FineTuneModule
from synths.command_line.usage import UsageError
from tests import python
from tests.lightning_modules.test_train import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
CONFIG = ("--config", str(ROOT / "configs/finetune/esc50.yaml"))
SMALL = [
    "--model.init_args.encoder=doppelganger.AudioEncoder",
    "--model.init_args.encoder.init_args.backbone=test_resnet",
    "--model.init_args.optimizer.init_args.lr=0.01",
    "--data.init_args.task=pack",
    "--data.init_args.seconds=0.5",
    "--data.init_args.batch_size=8",
    "--data.init_args.n_workers=0",
    "--trainer.accelerator=cpu",
]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def folds(tones, tmp_path, monkeypatch, capsys):
    """Runs the command in a folder of its own; gives what it printed and what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[str, Path]:
        main([*CONFIG, f"--data.init_args.root={tones}", *SMALL, *arguments])
        (path,) = tmp_path.rglob("finetuned.json")
        return capsys.readouterr().out, path

    return run


def test_every_fold_is_tested_once_and_tones_are_learned(folds, tmp_path):
    mixtures = ("--model.init_args.mixup_alpha=0.2", "--model.init_args.cutmix_alpha=0.2")
    printed, path = folds(*mixtures, "--trainer.max_epochs=30")
    record = json.loads(path.read_text())
    assert record["config"]["task"] == "pack" and record["figures"]["folds"].keys() == {"1", "2"}
    assert record["config"]["encoder"]["class"] == "doppelganger.encoders.audio_encoder.AudioEncoder"
    assert record["figures"]["score"] > 0.7
    assert record["figures"]["score"] == pytest.approx(np.mean(list(record["figures"]["folds"].values())))
    assert "of 60 clips in 2 folds" in printed
    folders = sorted(folder.name for folder in (tmp_path / "runs" / "finetune-esc50").iterdir())
    assert len(folders) == 2 and folders[1] == f"{folders[0]}-fold-2"
    assert load_encoder(path.parent)(torch.zeros(1, 16000)).shape == (1, 512)


def test_one_fold_is_tested_alone(folds):
    printed, path = folds("--data.init_args.fold=2", "--trainer.max_epochs=1", "--quiet")
    assert json.loads(path.read_text())["figures"]["folds"].keys() == {"2"} and "of 30 clips in 1 folds" in printed


def test_a_moving_average_is_tested_with_the_weights_that_were_chosen(folds, monkeypatch):
    tested = []
    monkeypatch.setattr(
        FineTuneModule, "on_test_epoch_start", lambda self: tested.append(self.classifier.head.weight.clone())
    )
    average = "--trainer.callbacks+=pytorch_lightning.callbacks.EMAWeightAveraging"
    _, path = folds("--data.init_args.fold=1", average, "--trainer.max_epochs=1", "--quiet")
    checkpoint = torch.load(next(path.parent.rglob("last.ckpt")), weights_only=True)
    chosen, trained = (checkpoint[key]["classifier.head.weight"] for key in ("state_dict", "current_model_state"))
    assert not torch.equal(chosen, trained)
    assert len(tested) == 1 and torch.equal(tested[0], chosen)


def test_the_epoch_is_chosen_by_the_checkpoint_that_monitors_wherever_it_is_listed(folds, monkeypatch, recwarn):
    tested = []
    monkeypatch.setattr(
        FineTuneModule, "on_test_epoch_start", lambda self: tested.append(self.classifier.head.weight.clone())
    )
    kinds = {"every_n_epochs": 1}, {"monitor": "epoch", "mode": "min", "filename": "best"}  # the first epoch
    callbacks = [{"class_path": "pytorch_lightning.callbacks.ModelCheckpoint", "init_args": kind} for kind in kinds]
    _, path = folds("--data.init_args.fold=1", f"--trainer.callbacks={json.dumps(callbacks)}", "--trainer.max_epochs=3")
    best = torch.load(next(path.parent.rglob("best.ckpt")), weights_only=True)
    assert best["epoch"] == 0 and torch.equal(tested[0], best["state_dict"]["classifier.head.weight"])
    assert not [each for each in recwarn if "multiple `ModelCheckpoint`" in str(each.message)]


def test_each_fold_is_a_run_of_its_own_in_wandb(folds, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert wandb.run is None, "a test before left its run open"
    init, started = wandb.init, []
    monkeypatch.setattr(wandb, "init", lambda **settings: started.append(init(**settings)) or started[-1])
    folds("--wandb", "--trainer.max_epochs=1", "--quiet")
    assert len(started) == 2 and wandb.run is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_result_names_the_gpu_that_trained(folds):
    _, path = folds("--trainer.accelerator=gpu", "--trainer.max_epochs=1", "--data.init_args.fold=1")
    assert json.loads(path.read_text())["machine"]["device"] == torch.cuda.get_device_name()


def test_each_of_two_devices_scores_every_clip_once(tones, tmp_path):
    command = ["-m", "lightning_modules.training_command", "cross-validate", *CONFIG, *SMALL]
    # More than the share of one device of the 27 clips to train on.
    command += ["--data.init_args.batch_size=16", "--trainer.log_every_n_steps=1"]
    command += [f"--data.init_args.root={tones}", "--data.init_args.fold=2", "--trainer.max_epochs=1"]
    command += ["--trainer.devices=2", "--trainer.strategy=ddp"]
    environment = ENVIRONMENT | {"OMP_NUM_THREADS": "1"}
    done = python.run(command, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "of 30 clips in 1 folds" in done.stdout
    with next(tmp_path.rglob("metrics.csv")).open() as file:
        assert sum(bool(row["train/loss"]) for row in csv.DictReader(file)) == 1


def test_a_checkpoint_of_another_fold_is_refused(folds, tmp_path):
    _, path = folds("--data.init_args.fold=1", "--trainer.max_epochs=1")
    last = path.parent / "checkpoints" / "last.ckpt"
    for other, got in (("fold=2", "2, seed 0; got one of fold 1, seed 0"), ("seed=5", "2, seed 5; got one of fold 1")):
        with pytest.raises(ValueError, match=f"^ckpt_path: expected a checkpoint of fold {got}"):
            folds("--data.init_args.fold=2", f"--data.init_args.{other}", f"--ckpt_path={last}")
    with pytest.raises(UsageError, match=r"^--ckpt_path: expected --data\.init_args\.fold beside it"):
        folds(f"--ckpt_path={last}")
    path.unlink()
    printed, _ = folds("--data.init_args.fold=1", "--trainer.max_epochs=2", f"--ckpt_path={last}")
    assert "of 30 clips in 1 folds" in printed


def test_a_fold_that_is_not_there_is_named_and_leaves_no_folder(folds, tmp_path):
    with pytest.raises(ValueError, match=r"^fold: expected one of 1, 2; got 7"):
        folds("--data.init_args.fold=7")
    assert not list(tmp_path.glob("runs/*"))


def test_a_pre_training_has_no_folds_and_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny = ("--data.init_args.steps_per_epoch=1", "--data.init_args.batch_size=2", "--trainer.max_epochs=1")
    with pytest.raises(
        UsageError, match=r"--data\.class_path: expected lightning_modules\.recordings\.Recordings\S+; got PairData"
    ):
        main(["--config", "quickstart", "--trainer.accelerator=cpu", "--quiet", "--trainer.callbacks=[]", *tiny])
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2)])
def test_help_says_what_it_does(arguments, code, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    printed = capsys.readouterr()
    assert stop.value.code == code and "finetuned.json" in (printed.err if code else printed.out)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--data.init_args.root=nowhere"], "pack: expected a folder at nowhere; there is none"),
        (["--data.init_args.root=.", "--data.init_args.task=esc51"], "unknown task 'esc51'; did you mean esc50"),
        (["--data.init_args.root=.", "--data.init_args.seconds=-1"], "seconds: expected a number above 0; got -1"),
        (["--data.init_args.root=.", "--data.init_args.batch_size=0"], "batch_size: expected at least 1; got 0"),
    ],
)
def test_a_mistake_in_the_data_leaves_no_folder_of_a_training(tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=expected):
        main([*CONFIG, *SMALL, *arguments])
    assert not list(tmp_path.glob("runs/*"))


def test_a_missing_encoder_ends_in_one_line(tmp_path):
    command = ["-m", "lightning_modules.training_command", "cross-validate", *CONFIG]
    done = python.run(command, cwd=tmp_path, env=ENVIRONMENT)
    assert done.returncode == 2
    seed, line = done.stderr.splitlines()
    assert seed.startswith("Seed set to") and "no checkpoint at runs/doppelganger-voice" in line
