"""A run that was killed goes on to the weights of one that was not."""

import csv
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch

from lightning_modules.command_line.cli import TrainingCLI
from tests import python
from tests.lightning_modules.test_cli import run
from tests.lightning_modules.test_resume import equal

ROOT = Path(__file__).parents[2]
LONG = ["--trainer.max_epochs=8", "--trainer.enable_progress_bar=false"]

pytestmark = pytest.mark.filterwarnings("ignore")


def started(config: str, *arguments: str) -> python.Process:
    """train.py in a process of its own, after its second checkpoint."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [ROOT / "train.py", "fit", "--config", config, *LONG, *arguments]
    process = python.Process(command, env=environment)
    while not list(Path("runs").rglob("epoch=1-*.ckpt")):
        assert process.poll() is None
        time.sleep(0.01)
    return process


def test_sigterm_to_all_processes_of_a_fine_tuning_saves(tones, tmp_path, monkeypatch):
    """As a cluster sends it: processes that read recordings stay until the one that trains has saved."""
    monkeypatch.chdir(tmp_path)
    options = [f"--data.init_args.root={tones}", "--data.init_args.n_workers=2", "--data.init_args.batch_size=4"]
    encoder = {"class_path": "doppelganger.AudioEncoder", "init_args": {"backbone": "test_resnet", "window_s": 0.4}}
    options += ["--data.init_args.seconds=0.4", f"--model.init_args.encoder={json.dumps(encoder)}"]
    long = ["--trainer.max_epochs=1000", "--trainer.precision=32-true", "--trainer.enable_progress_bar=false"]
    command = [ROOT / "train.py", "fit", "--config", ROOT / "configs/finetune/small.yaml", *options, *long]
    process = python.Process(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, new_session=True)
    while not list(tmp_path.rglob("last.ckpt")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 143
    (last,) = tmp_path.rglob("last.ckpt")
    assert not last.is_symlink() and torch.load(last)["global_step"] > 0


def last_state(cli: TrainingCLI) -> dict:
    return torch.load(cli.trainer.checkpoint_callback.best_model_path, weights_only=True)


def losses(cli: TrainingCLI) -> dict[int, str]:
    """Step -> training loss, as the run logged them."""
    with Path(cli.trainer.log_dir, "metrics.csv").open() as file:
        return {int(row["step"]): row["train/loss"] for row in csv.DictReader(file) if row["train/loss"]}


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_goes_on_to_the_same_weights(stop, config, monkeypatch):
    often = ["--trainer.callbacks+=ModelCheckpoint", "--trainer.callbacks.every_n_train_steps=1"]
    process = started(config, *(often if stop == signal.SIGKILL else []))
    time.sleep(0.1 * random.random())
    if stop == signal.SIGKILL:  # while a checkpoint is written
        while not list(Path("runs").rglob(".*.tmp")) and process.poll() is None:
            time.sleep(0.0005)
    process.send_signal(stop)
    code = process.wait(60)
    resumed = run(monkeypatch, "fit", "--config", config, *LONG, "--ckpt_path=last", "--seed_everything=7")
    assert code == (143 if stop == signal.SIGTERM else -signal.SIGKILL)
    if stop == signal.SIGTERM:
        last = Path(resumed.config.fit.ckpt_path)
        assert torch.load(last)["global_step"] > 8 and not last.is_symlink()
        # The checkpoint that last.ckpt was a link to is still that of its step.
        for file in last.parent.glob("*step=*.ckpt"):
            assert torch.load(file)["global_step"] == int(file.stem.rpartition("=")[2])
    whole = run(monkeypatch, "fit", "--config", config, *LONG)
    a, b = last_state(resumed), last_state(whole)
    assert a["global_step"] == b["global_step"] == 8 * 4 and a["SoundDataModule"] == b["SoundDataModule"]
    for part in ("state_dict", "optimizer_states", "lr_schedulers", "loops"):
        assert equal(a[part], b[part]), part
    after, all_losses = losses(resumed), losses(whole)
    assert len(all_losses) == 8 * 4 and 1 < len(after) < 8 * 4
    assert after == {step: loss for step, loss in all_losses.items() if step >= min(after)}
