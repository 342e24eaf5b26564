"""A training of two processes, of which one is asked to end, or killed."""

import os
import signal
import socket
import time
from pathlib import Path
from typing import IO

import pytest
import torch

from doppelganger import index_ranges
from lightning_modules.checkpoint_io import newest_resumable
from tests import python
from tests.lightning_modules.conftest import TINY

ROOT = Path(__file__).parents[2]
BATCH = TINY["data"]["init_args"]["batch_size"]


def two_ranks(config: str, stderr: tuple[IO | None, IO | None] = (None, None)) -> list[python.Process]:
    """A training of many epochs on two processes, after its first checkpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": "0"}
    command = [ROOT / "train.py", "fit", "--config", config, "--trainer.max_epochs=1000"]
    command += ["--trainer.devices=2", "--trainer.strategy=ddp", "--trainer.enable_progress_bar=false"]
    ranks = [
        python.Process(command, env={**environment, "LOCAL_RANK": str(rank)}, stderr=file)
        for rank, file in enumerate(stderr)
    ]
    deadline = time.monotonic() + 240
    while not list(Path("runs").rglob("epoch=1-*.ckpt")):
        if any(rank.poll() is not None for rank in ranks) or time.monotonic() > deadline:
            for rank in ranks:
                rank.kill()
            pytest.fail("the training wrote no second checkpoint")
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


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_rank_ends_the_other_with_one_line(killed, config, tmp_path):
    with (tmp_path / "0").open("w") as first, (tmp_path / "1").open("w") as second:
        ranks = two_ranks(config, stderr=(first, second))
    ranks[killed].kill()
    try:
        code = ranks[1 - killed].wait(60)
    finally:
        for rank in ranks:
            rank.kill()
    said = (tmp_path / str(1 - killed)).read_text()
    assert code == 1 and "another process of this training has ended; --ckpt_path last goes on (" in said
    assert "Traceback" not in said
