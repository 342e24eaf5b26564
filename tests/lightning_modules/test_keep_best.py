"""A resumed run, whose folder is a new one, goes on from the best score so far."""

import copy
from pathlib import Path

import pytest
import yaml
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import ModelCheckpoint

from lightning_modules.command_line.cli import TrainingCLI
from tests.lightning_modules.conftest import TINY

pytestmark = pytest.mark.filterwarnings("ignore")


class Marks(Callback):
    """A score for each epoch."""

    def on_validation_epoch_end(self, trainer, pl_module):
        pl_module.log("mark", (1.0, 3.0, 2.0, 4.0)[trainer.current_epoch])


@pytest.fixture
def best_after(tmp_path, monkeypatch):
    """Trains up to some number of epochs, in a folder of its own; gives the best checkpoint."""
    monkeypatch.chdir(tmp_path)
    config = copy.deepcopy(TINY)
    best = {
        "class_path": "pytorch_lightning.callbacks.ModelCheckpoint",
        "init_args": {"monitor": "mark", "mode": "max"},
    }
    config["trainer"]["callbacks"] = [{"class_path": f"{__name__}.Marks"}, best]
    config["data"]["init_args"]["steps_per_epoch"] = 1
    Path("a.yaml").write_text(yaml.safe_dump(config))

    def run(n_epochs: int, *more: str) -> ModelCheckpoint:
        cli = TrainingCLI(args=["fit", "--config", "a.yaml", f"--trainer.max_epochs={n_epochs}", *more])
        callback = cli.trainer.checkpoint_callback
        assert isinstance(callback, ModelCheckpoint)
        return callback

    return run


def test_a_worse_epoch_does_not_become_the_best(best_after):
    before = best_after(2)
    resumed = best_after(3, "--ckpt_path=last")
    assert resumed.dirpath != before.dirpath
    assert (resumed.best_model_path, float(resumed.best_model_score)) == (before.best_model_path, 3.0)
    resumed_again = best_after(4, "--ckpt_path=last")
    assert float(resumed_again.best_model_score) == 4.0
    assert Path(resumed_again.best_model_path).parent == Path(resumed_again.dirpath)
    assert Path(before.best_model_path).is_file()


def test_a_best_checkpoint_that_is_gone_is_named(best_after):
    before = best_after(2)
    best, last = Path(before.best_model_path), Path("last.ckpt")
    last.write_bytes(best.with_name("last.ckpt").read_bytes())
    best.unlink()
    with pytest.warns(UserWarning, match=f"^{best}, a checkpoint with one of the best mark so far, is not there"):
        resumed = best_after(3, f"--ckpt_path={last}")
    assert float(resumed.best_model_score) == 2.0
