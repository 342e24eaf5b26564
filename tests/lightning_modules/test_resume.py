"""A run that was stopped and resumed equals one that was not, bit for bit."""

import os
import random
import signal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint
from pytorch_lightning.utilities.exceptions import SIGTERMException

import synths
from benchmarks.kills import equal
from doppelganger import AudioEncoder
from doppelganger.encoders.module_encoder import ModuleEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.fact_regression import FactRegression
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from lightning_modules.callbacks import SaveEpoch, SaveGradients, SaveOnSigterm
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.data import LabelledDataModule, PairDataModule, SoundDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Cosine
from lightning_modules.synth_data import SynthDataModule

QUIET = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
N_STEPS = 4  # an epoch

pytestmark = pytest.mark.filterwarnings("ignore")


def duo() -> tuple[PretrainingModule, SynthDataModule]:
    """Drop path, and a target encoder that follows."""
    options = {"depth": 2, "patch_size": [16, 8], "drop_path_rate": 0.5, "proj_drop_rate": 0.1}
    encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options)
    objective = MaskedModelingDuo(encoder, decoder_dim=16, decoder_depth=1, decoder_heads=2, decay=0.9)
    module = PretrainingModule(objective, partial(torch.optim.AdamW, lr=0.1), Cosine(0.2))
    return module, SoundDataModule(synths.find("white")(n_mels=64, n_frames=48), 4, N_STEPS, n_validation_steps=2)


def causes() -> tuple[PretrainingModule, SynthDataModule]:
    """Moments of facts, and batch norm."""
    voice = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480)
    encoder = AudioEncoder("test_resnet", 8, window_s=0.4, backbone_options={"drop_rate": 0.3})
    module = PretrainingModule(FactRegression(encoder), partial(torch.optim.SGD, lr=0.1, momentum=0.9), Cosine(0.2))
    return module, LabelledDataModule(voice, 4, N_STEPS, n_validation_steps=2)


class Foreign(torch.nn.Module):
    """Draws from NumPy, as wav2vec2 does, and from Python."""

    sample_rate, window_s = 16000, 0.1

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(100, 8)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        scale = (1 + np.random.random()) * (1 + random.random()) if self.training else 1.0
        return self.linear(waveform[:, :100]) * scale


def foreign() -> tuple[PretrainingModule, SynthDataModule]:
    objective = Contrastive(ModuleEncoder(Foreign()), NTXent(), projection_dims=[8, 4])
    module = PretrainingModule(objective, partial(torch.optim.AdamW, lr=0.1), Cosine(0.2))
    return module, PairDataModule(synths.find("parametric")(sample_rate=16000, seconds=0.1), None, 4, N_STEPS, 1)


class Diary(Callback):
    """What every training step learned from, and how it went."""

    def __init__(self):
        self.steps: dict[int, tuple] = {}
        self.validations: dict[int, float] = {}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        (group, *_) = trainer.optimizers[0].param_groups
        step = trainer.fit_loop.total_batch_idx
        assert step not in self.steps
        place = (trainer.current_epoch, batch_idx, trainer.fit_loop.epoch_loop._batches_that_stepped)  # in logs
        self.steps[step] = (*place, batch.index.tolist(), float(outputs["loss"]), group["lr"])

    def on_validation_end(self, trainer, pl_module):
        if not trainer.sanity_checking:
            self.validations[trainer.global_step] = float(trainer.callback_metrics["val/loss"])


def run(make, folder: Path, seed: int, *callbacks: Callback, ckpt_path=None, **settings: Any) -> tuple[Diary, dict]:
    """Trains something new, perhaps from a checkpoint: its diary and its last state."""
    torch.manual_seed(seed)
    module, data = make()
    trainer = Trainer(callbacks=[diary := Diary(), *callbacks], default_root_dir=folder, **QUIET, **settings)
    trainer.fit(module, data, ckpt_path=ckpt_path)
    trainer.save_checkpoint(folder / "end")
    return diary, torch.load(folder / "end", weights_only=True)


STATE = ["state_dict", "optimizer_states", "lr_schedulers", "global_step", "epoch", "random_seed"]


def assert_same_end(resumed: tuple[Diary, dict], whole: tuple[Diary, dict], first: int) -> None:
    assert resumed[0].steps == {step: what for step, what in whole[0].steps.items() if step >= first}
    for name in [*STATE, *(key for key in whole[1] if key.endswith("DataModule"))]:
        assert equal(resumed[1][name], whole[1][name]), name


@pytest.mark.parametrize(
    "make, stops, settings",
    [
        (duo, ["step-step=3", "step-step=4", "epoch-epoch=0"], {}),
        (duo, ["step-step=1", "step-step=2"], {"accumulate_grad_batches": 2}),
        (duo, ["step-step=1", "step-step=2", "step-step=3"], {"val_check_interval": 2}),
        (duo, ["step-step=5", "epoch-epoch=0"], {"limit_val_batches": 0}),
        (causes, ["step-step=3"], {}),
        (foreign, ["step-step=3"], {}),
    ],
    ids=["duo", "accumulated", "validated twice an epoch", "without validation", "causes", "foreign"],
)
def test_resumed_from_any_step_a_run_ends_as_if_never_stopped(make, stops, settings, tmp_path):
    settings = {"max_epochs": 2, **settings}
    at_steps = ModelCheckpoint(tmp_path, "step-{step}", every_n_train_steps=1, save_top_k=-1)
    after_epochs = ModelCheckpoint(tmp_path, "epoch-{epoch}", save_top_k=-1)
    whole = run(make, tmp_path, 0, at_steps, after_epochs, **settings)
    assert sorted(i for *_, index, _, _ in whole[0].steps.values() for i in index) == list(range(2 * N_STEPS * 4))
    for name in stops:
        (file,) = tmp_path.glob(f"{name}.ckpt")
        saved = torch.load(file, weights_only=True)["loops"]["fit_loop"]["epoch_loop.batch_progress"]
        resumed = run(make, tmp_path, 1, ckpt_path=file, **settings)
        assert_same_end(resumed, whole, saved["total"]["ready"])


class Terminated(Callback):
    """SIGTERM after some batches of training."""

    def __init__(self, n_batches: int):
        self.n_batches = n_batches

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.fit_loop.total_batch_idx + 1 == self.n_batches:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("make", "n_batches", "average", "settings"),
    [
        (duo, 3, False, {"accumulate_grad_batches": 2}),
        (causes, 6, False, {"accumulate_grad_batches": 3}),
        (duo, 2, True, {}),
        (duo, N_STEPS, True, {}),
        (duo, 3, True, {"accumulate_grad_batches": 2, "val_check_interval": 1}),
    ],
    ids=["between batches", "between batches with batch norm", "averaged", "validated with the average", "both"],
)
def test_resumed_after_sigterm_a_run_ends_as_if_never_stopped(make, n_batches, average, settings, tmp_path):
    settings = {"max_epochs": 2, **settings}

    def callbacks() -> list[Callback]:
        return [SaveGradients(), *([EMAWeightAveraging(decay=0.9)] if average else [])]

    whole = run(make, tmp_path, 0, *callbacks(), **settings)
    at_end = [ModelCheckpoint(tmp_path, "end"), SaveOnSigterm(), Terminated(n_batches)]
    with pytest.raises(SIGTERMException):
        run(make, tmp_path, 0, *callbacks(), *at_end, **settings)
    resumed = run(make, tmp_path, 1, *callbacks(), ckpt_path=tmp_path / "last.ckpt", **settings)
    assert_same_end(resumed, whole, n_batches)


class Stopped(Callback):
    """Asks the trainer to stop after some batches, as its max_time does."""

    def __init__(self, n_batches: int):
        self.n_batches = n_batches

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        trainer.should_stop = trainer.fit_loop.total_batch_idx + 1 == self.n_batches


@pytest.mark.parametrize(
    ("n_batches", "average", "settings"),
    [
        (N_STEPS - 1, True, {"accumulate_grad_batches": 2, "gradient_clip_val": 0.1}),
        (N_STEPS, False, {}),
    ],
    ids=["within an epoch, between batches", "at its end"],
)
def test_a_run_that_a_limit_stopped_goes_on_where_it_was(n_batches, average, settings, tmp_path):
    """With the last step of its schedule, too."""
    settings = {"max_epochs": 2, **settings}

    def callbacks() -> list[Callback]:
        return [SaveEpoch(), SaveGradients(), *([EMAWeightAveraging(decay=0.9)] if average else [])]

    whole = run(duo, tmp_path, 0, *callbacks(), **settings)
    at_end = ModelCheckpoint(tmp_path, "first", save_on_train_epoch_end=True)
    run(duo, tmp_path, 0, *callbacks(), at_end, Stopped(n_batches), **settings)
    resumed = run(duo, tmp_path, 1, *callbacks(), ckpt_path=tmp_path / "first.ckpt", **settings)
    assert_same_end(resumed, whole, n_batches)


@pytest.mark.parametrize(
    "settings", [{"max_steps": 2 * N_STEPS}, {"max_steps": 6, "limit_val_batches": 0}], ids=["", "without validation"]
)
def test_a_run_with_a_limit_of_steps_goes_on_with_the_next_epoch(settings, tmp_path):
    """No epoch is counted twice, which would reach the limit of epochs too early."""
    settings = {"max_epochs": 2, **settings}
    epochs = ModelCheckpoint(tmp_path, "{epoch}", save_top_k=-1, save_on_train_epoch_end=True)
    whole = run(duo, tmp_path, 0, SaveEpoch(), epochs, **settings)
    resumed = run(duo, tmp_path, 1, SaveEpoch(), ckpt_path=tmp_path / "epoch=0.ckpt", **settings)
    assert_same_end(resumed, whole, N_STEPS)


def test_a_run_of_the_command_line_goes_on_within_an_epoch(config):
    """TINY has epochs of four steps."""
    first = TrainingCLI(args=["fit", "--config", config, "--trainer.max_steps=3"])
    resumed = TrainingCLI(args=["fit", "--config", config, "--ckpt_path=last"])
    assert (first.trainer.global_step, resumed.trainer.global_step) == (3, 4)


class TerminatedInValidation(Callback):
    """SIGTERM after a batch of the validation at a step."""

    def __init__(self, step: int, batch: int):
        self.at = step, batch

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        if not trainer.sanity_checking and (trainer.global_step, batch_idx) == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("step", "batch", "average", "settings"),
    [
        (N_STEPS, 0, True, {}),
        (2 * N_STEPS, 0, False, {}),
        (2, 0, False, {"val_check_interval": 2}),
        (2, 1, False, {"val_check_interval": 2}),
    ],
    ids=["averaged", "the last one", "within an epoch", "within an epoch, after its last batch"],
)
def test_a_validation_that_sigterm_stopped_is_done_by_the_resumed_run(step, batch, average, settings, tmp_path):
    settings = {"max_epochs": 2, **settings}

    def callbacks() -> list[Callback]:
        return [SaveEpoch(), *([EMAWeightAveraging(decay=0.9)] if average else [])]

    whole = run(duo, tmp_path, 0, *callbacks(), **settings)
    at_end = [ModelCheckpoint(tmp_path, "end"), SaveOnSigterm(), TerminatedInValidation(step, batch)]
    with pytest.raises(SIGTERMException):
        run(duo, tmp_path, 0, *callbacks(), *at_end, **settings)
    resumed = run(duo, tmp_path, 1, *callbacks(), ckpt_path=tmp_path / "last.ckpt", **settings)
    assert_same_end(resumed, whole, step)
    first = step if batch == 0 else step + 1
    assert resumed[0].validations == {at: loss for at, loss in whole[0].validations.items() if at >= first}


def test_a_resumed_run_has_the_learning_rate_of_its_config_not_of_the_checkpoint(tmp_path):
    def other() -> tuple[PretrainingModule, SynthDataModule]:
        module, data = duo()
        module.optimizer = partial(torch.optim.AdamW, lr=0.3, weight_decay=0.5)
        data.batch_size *= 2
        return module, data

    run(duo, tmp_path, 0, ModelCheckpoint(tmp_path, "first"), max_epochs=1)
    resumed, end = run(other, tmp_path, 0, ckpt_path=tmp_path / "first.ckpt", max_epochs=2)
    anew, _ = run(other, tmp_path, 0, max_epochs=2)
    assert {step: what[-1] for step, what in resumed.steps.items()} == {
        step: what[-1] for step, what in anew.steps.items() if step >= N_STEPS
    }
    assert [group["weight_decay"] for group in end["optimizer_states"][0]["param_groups"]] == [0.5, 0.0]


@pytest.mark.parametrize("render_ahead", [1, 3])
def test_overfit_batches_are_the_same_in_every_epoch(render_ahead, tmp_path):
    def make() -> tuple[PretrainingModule, SynthDataModule]:
        module, data = duo()
        data.render_ahead = render_ahead
        return module, data

    diary, _ = run(make, tmp_path, 0, max_epochs=3, overfit_batches=2)
    assert [index for *_, index, _, _ in diary.steps.values()] == 3 * [[0, 1, 2, 3], [4, 5, 6, 7]]
