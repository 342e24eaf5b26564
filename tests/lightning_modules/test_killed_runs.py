"""A run that was killed goes on to the weights of one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from lightning_modules.cli import TrainingCLI
from tests.lightning_modules.test_cli import run

ROOT = Path(__file__).parents[2]
LONG = ["--trainer.max_epochs=12", "--trainer.enable_progress_bar=false"]

pytestmark = pytest.mark.filterwarnings("ignore")


def started(config: str, *arguments: str) -> subprocess.Popen:
    """train.py in a process of its own, after its second checkpoint."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [sys.executable, str(ROOT / "train.py"), "fit", "--config", config, *LONG, *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(Path("runs").rglob("epoch=1-*.ckpt")):
        assert process.poll() is None
        time.sleep(0.01)
    return process


def last_state(cli: TrainingCLI) -> dict:
    return torch.load(cli.trainer.checkpoint_callback.best_model_path, weights_only=True)


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_goes_on_to_the_same_weights(stop, config, monkeypatch):
    process = started(config)
    time.sleep(0.1 * random.random())
    process.send_signal(stop)
    code = process.wait(60)
    resumed = run(monkeypatch, "fit", "--config", config, *LONG, "--ckpt_path=last", "--seed_everything=7")
    if stop == signal.SIGTERM:
        assert code == 143
        last = Path(resumed.config.fit.ckpt_path)
        assert torch.load(last)["global_step"] > 8 and not last.is_symlink()
        # The checkpoint that last.ckpt was a link to is still that of its step.
        for file in last.parent.glob("*step=*.ckpt"):
            assert torch.load(file)["global_step"] == int(file.stem.rpartition("=")[2])
    whole = run(monkeypatch, "fit", "--config", config, *LONG)
    a, b = last_state(resumed), last_state(whole)
    assert a["global_step"] == b["global_step"] == 12 * 4 and a["SoundDataModule"] == b["SoundDataModule"]
    assert all(torch.equal(a["state_dict"][name], b["state_dict"][name]) for name in b["state_dict"])
