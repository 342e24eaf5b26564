"""SIGTERM to a training of two processes: one checkpoint, and the exit code on which a scheduler requeues."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from doppelganger import index_ranges
from lightning_modules.checkpoint_io import newest_resumable
from tests.lightning_modules.conftest import TINY

ROOT = Path(__file__).parents[2]
BATCH = TINY["data"]["init_args"]["batch_size"]


def two_ranks(config: str) -> list[subprocess.Popen]:
    """A training of many epochs on two processes, after its first checkpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": "0"}
    command = [sys.executable, str(ROOT / "train.py"), "fit", "--config", config, "--trainer.max_epochs=1000"]
    command += ["--trainer.devices=2", "--trainer.strategy=ddp", "--trainer.enable_progress_bar=false"]
    ranks = [subprocess.Popen(command, env={**environment, "LOCAL_RANK": str(rank)}) for rank in range(2)]
    deadline = time.monotonic() + 120
    while not list(Path("runs").rglob("epoch=1-*.ckpt")):
        assert all(rank.poll() is None for rank in ranks) and time.monotonic() < deadline
        time.sleep(0.01)
    return ranks


@pytest.mark.parametrize("asked", [(0, 1), (1,)], ids=["both", "the second alone"])
def test_all_ranks_end_with_one_checkpoint_when_one_is_asked_to(asked, config):
    ranks = two_ranks(config)
    for rank in asked:
        time.sleep(0.03)  # in another part of a step
        ranks[rank].send_signal(signal.SIGTERM)
    try:
        assert [rank.wait(30) for rank in ranks] == [143, 143]
    finally:
        for rank in ranks:
            rank.kill()
    (last,) = Path("runs").rglob("last.ckpt")
    assert not last.is_symlink() and newest_resumable(Path("runs"))[0] == last
    saved = torch.load(last, weights_only=True)
    assert saved["SoundDataModule"]["next_item"] - index_ranges.TRAIN == saved["global_step"] * 2 * BATCH > 0
