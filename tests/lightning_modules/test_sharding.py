"""Fully sharded training of two processes equals that of DistributedDataParallel."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from doppelganger import load_encoder
from tests import python
from tests.lightning_modules.test_resume import equal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sharded")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = python.run(["-m", "tests.lightning_modules.sharded_ranks", folder], cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def figures(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / f"{name}.json").read_text())


def losses(folder: Path, name: str) -> list[float]:
    return figures(folder, name)["losses"]


def test_each_step_has_the_loss_of_ddp_and_weights_are_sharded(folder):
    assert losses(folder, "sharded") == pytest.approx(losses(folder, "ddp"), abs=1e-5)
    assert figures(folder, "sharded")["n_sharded"] > 50


def test_the_probe_embeds_with_the_weights_of_all_devices(folder):
    probe = figures(folder, "sharded")["probe"]
    assert probe.keys() == {"probe/pitch", "probe/envelope", "probe/waveform"}
    assert probe == figures(folder, "ddp")["probe"]


def test_checkpoints_are_those_of_ddp(folder):
    sharded, ddp = (torch.load(folder / name / "step=6.ckpt", weights_only=True) for name in ("sharded", "ddp"))
    assert sharded.keys() == ddp.keys() and sharded["state_dict"].keys() == ddp["state_dict"].keys()
    for name, value in ddp["state_dict"].items():
        # Six steps are up to 0.06. The gradient of a key's bias is rounding alone, which AdamW enlarges.
        torch.testing.assert_close(sharded["state_dict"][name], value, atol=1e-4, rtol=1e-5)
    for name in ("SoundDataModule", "global_step", "lr_schedulers", "encoder", "objective", "random_seed"):
        assert equal(sharded[name], ddp[name])
    sound = torch.randn(2, 6400)
    a, b = (load_encoder(folder / name / "step=6.ckpt")(sound) for name in ("sharded", "ddp"))
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["resumed", "resumed from ddp"])
def test_a_sharded_training_goes_on_from_either(name, folder):
    assert losses(folder, name) == pytest.approx(losses(folder, "ddp")[3:], abs=1e-5)
