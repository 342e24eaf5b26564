"""Lightning's moving average of the weights, with our modules: what a checkpoint holds and what is loaded."""

import copy
from types import SimpleNamespace

import pytest
import torch
import yaml
from pytorch_lightning import Callback

from doppelganger.checkpoints import load_encoder
from lightning_modules.cli import TrainingCLI
from tests.lightning_modules.conftest import TINY

pytestmark = pytest.mark.filterwarnings("ignore")


class Recorder(Callback):
    """The first convolution of the encoder after every step."""

    def __init__(self):
        self.weights: list[torch.Tensor] = []

    def on_train_batch_end(self, trainer, pl_module, *_):
        name, weight = next(iter(pl_module.named_parameters()))
        self.name = name
        self.weights.append(weight.detach().clone())


@pytest.mark.parametrize("first", [True, False])
def test_the_probe_measures_the_average_wherever_it_is_listed(first, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    probed = []

    def accuracy(encoder, task, device):
        probed.append(next(encoder.parameters()).clone())
        return 0.25

    monkeypatch.setattr("lightning_modules.callbacks.online_probe._accuracy", accuracy)
    monkeypatch.setattr(
        "doppelganger.evaluation.synthetic.synthetic_tasks", lambda *_, **__: [SimpleNamespace(name="x")]
    )
    config = copy.deepcopy(TINY)
    config["data"]["init_args"]["n_validation_steps"] = 2
    callbacks = ["pytorch_lightning.callbacks.EMAWeightAveraging", "lightning_modules.callbacks.OnlineProbe"]
    config["trainer"]["callbacks"] = [{"class_path": path} for path in (callbacks if first else callbacks[::-1])]
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(config))
    cli = TrainingCLI(args=["fit", "--config", "a.yaml"])
    (path,) = tmp_path.glob("runs/**/last.ckpt")
    average = next(iter(load_encoder(path).parameters()))
    assert len(probed) == 1 and torch.equal(probed[0], average)
    assert cli.trainer.callback_metrics["probe/x"] == 0.25


def test_a_checkpoint_holds_the_average(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = copy.deepcopy(TINY)
    ema = {"class_path": "pytorch_lightning.callbacks.EMAWeightAveraging", "init_args": {"decay": 0.5}}
    config["trainer"]["callbacks"] = [{"class_path": f"{__name__}.Recorder"}, ema]
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(config))
    cli = TrainingCLI(args=["fit", "--config", "a.yaml"])
    (recorder,) = (each for each in cli.trainer.callbacks if isinstance(each, Recorder))
    average = recorder.weights[0]
    for weight in recorder.weights[1:]:
        average = 0.5 * average + 0.5 * weight
    (path,) = tmp_path.glob("runs/**/last.ckpt")
    saved = torch.load(path, weights_only=True)["state_dict"][recorder.name]
    torch.testing.assert_close(saved, average)
    assert not torch.allclose(saved, recorder.weights[-1])
    load_encoder(path)
