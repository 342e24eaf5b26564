"""Lightning's moving average of the weights, with our modules: what a checkpoint holds and what is loaded."""

import copy
from functools import partial
from types import SimpleNamespace

import pytest
import torch
import yaml
from pytorch_lightning import Callback, LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import EMAWeightAveraging

from doppelganger.checkpoints import load_encoder, load_objective
from doppelganger.encoders import ConvolutionalEncoder
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.finetuning import FineTuneModule
from lightning_modules.recordings import RecordingsDataModule
from tests.lightning_modules.conftest import TINY
from tests.lightning_modules.test_supervised import QUIET, data, module

pytestmark = pytest.mark.filterwarnings("ignore")


class Recorder(Callback):
    """One weight after every step; none is the first, a convolution of the encoder."""

    def __init__(self, name: str | None = None):
        self.name = name
        self.weights: list[torch.Tensor] = []

    def on_train_batch_end(self, trainer, pl_module, *_):
        named = dict(pl_module.named_parameters())
        self.name = self.name or next(iter(named))
        self.weights.append(named[self.name].detach().clone())

    def average(self) -> torch.Tensor:
        """Of decay 0.5, from the first step on."""
        average = self.weights[0]
        for weight in self.weights[1:]:
            average = 0.5 * average + 0.5 * weight
        return average


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
    (path,) = tmp_path.glob("runs/**/last.ckpt")
    saved = torch.load(path, weights_only=True)["state_dict"][recorder.name]
    torch.testing.assert_close(saved, recorder.average())
    assert not torch.allclose(saved, recorder.weights[-1])
    load_encoder(path)


def averaged(path, training: LightningModule, sounds: LightningDataModule, name: str) -> None:
    """Trains, and compares the average of one weight in the checkpoint with that of what a callback recorded."""
    recorder = Recorder(name)
    trainer = Trainer(
        max_epochs=1, callbacks=[EMAWeightAveraging(decay=0.5), recorder], default_root_dir=path.parent, **QUIET
    )
    trainer.fit(training, sounds)
    trainer.save_checkpoint(path)
    saved = torch.load(path, weights_only=True)["state_dict"]
    assert saved.keys() == training.state_dict().keys()
    torch.testing.assert_close(saved[name], recorder.average())
    assert len(recorder.weights) > 1 and not torch.allclose(saved[name], recorder.weights[-1])


def test_layers_that_the_labels_decide_are_averaged(tmp_path):
    averaged(tmp_path / "a.ckpt", module(), data(), "objective.head.weight")
    load_objective(tmp_path / "a.ckpt")


def test_the_classifier_of_a_fine_tuning_is_averaged(tones, tmp_path):
    encoder = ConvolutionalEncoder(dim=None, window_s=0.5, channels=4)
    training = FineTuneModule(encoder, partial(torch.optim.AdamW, lr=0.01))
    sounds = RecordingsDataModule("pack", str(tones), seconds=0.5, batch_size=8, n_workers=0)
    averaged(tmp_path / "a.ckpt", training, sounds, "classifier.head.weight")
