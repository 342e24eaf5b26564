"""Pre-training: one learning rate for any batch, one result for any number of ranks, checkpoints, labels and masks."""

import os
from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import LightningDataModule, Trainer
from torch.utils.data import DataLoader

import synths
from doppelganger import AudioEncoder, Gaussian, LogMel
from doppelganger.checkpoints import load_checkpoint, load_encoder
from doppelganger.objectives.byol import BYOL
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from lightning_modules.data import PairDataModule
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.schedules import Constant
from tests import python

ROOT = Path(__file__).parents[2]
QUIET = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}


def data(batch_size: int, **ranges) -> PairDataModule:
    synth = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480, ranges=ranges)
    return PairDataModule(synth, Gaussian(0.1), batch_size=batch_size, steps_per_epoch=2, n_validation_steps=1)


def module(lr: float = 0.1) -> PretrainingModule:
    torch.manual_seed(0)
    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogMel(n_mels=32), window_s=0.4)
    optimizer = partial(torch.optim.SGD, lr=lr)
    return PretrainingModule(Contrastive(encoder, NTXent(0.5)), optimizer, Constant(), decay_norms_and_biases=True)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize("batch_size, accumulate", [(8, 1), (64, 1), (512, 1), (8, 4)])
def test_the_learning_rate_is_for_256_items_a_step(batch_size, accumulate):
    trainer = Trainer(
        max_epochs=1, limit_train_batches=0, limit_val_batches=0, accumulate_grad_batches=accumulate, **QUIET
    )
    trainer.fit(training := module(lr=0.12), data(batch_size))
    (group,) = training.optimizers().param_groups
    assert group["initial_lr"] == pytest.approx(0.12 * batch_size * accumulate / 256)


class SecondOrder(torch.optim.SGD):
    is_second_order = True


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (torch.optim.LBFGS, "expected one with groups of parameters; LBFGS has a single one: set decay_norms_and_bias"),
        (SecondOrder, "expected one of first derivatives; SecondOrder needs second ones"),
    ],
)
def test_an_optimizer_that_cannot_train_is_refused(optimizer, message):
    training = module()
    training.optimizer, training.decay_norms_and_biases = optimizer, False
    with pytest.raises(ValueError, match=message):
        training.configure_optimizers()


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_an_encoder_in_evaluation_mode_is_trained():
    training, modes = module(), []
    training.encoder.eval().backbone.register_forward_pre_hook(lambda backbone, _: modes.append(backbone.training))
    Trainer(max_epochs=1, limit_val_batches=0, enable_checkpointing=False, **QUIET).fit(training, data(8))
    assert modes == [True, True]


def weights_after(n_ranks: int, batch_size: int) -> dict[str, torch.Tensor]:
    trainer = Trainer(
        max_epochs=1,
        devices=n_ranks,
        strategy="ddp" if n_ranks > 1 else "auto",
        limit_val_batches=0,
        enable_checkpointing=False,
        **QUIET,
    )
    trainer.fit(training := module(), data(batch_size))
    return {name: value.detach().cpu() for name, value in training.encoder.state_dict().items()}


# Each rank writes its weights into a folder.
TWO_RANKS = """
import os, sys, torch
from tests.forked import in_ranks
from tests.lightning_modules.test_pretraining import weights_after
in_ranks(2, lambda: torch.save(weights_after(2, 8), f"{sys.argv[1]}/{os.environ['LOCAL_RANK']}.pt"))
"""


@pytest.mark.filterwarnings("ignore")
def test_two_ranks_learn_what_one_learns_from_twice_the_batch(tmp_path):
    """Batch norm as well: its moments are those of both."""
    done = python.run(["-c", TWO_RANKS, tmp_path], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    start, one, two = module().encoder.state_dict(), weights_after(1, 16), torch.load(tmp_path / "0.pt")
    moved = {name for name, value in one.items() if not torch.equal(value, start[name])}
    assert any("running_var" in name for name in moved) and any(name.endswith("conv1.weight") for name in moved)
    torch.testing.assert_close(two, one, atol=1e-5, rtol=1e-4)
    assert all(torch.equal(value, two[name]) for name, value in torch.load(tmp_path / "1.pt").items())


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_checkpoint_gives_back_the_encoder_and_refuses_another_layout(tmp_path):
    torch.manual_seed(0)
    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogMel(n_mels=32), window_s=0.4)
    training = PretrainingModule(Contrastive(encoder, NTXent(), [8, 4]), torch.optim.AdamW)
    trainer = Trainer(max_epochs=1, limit_val_batches=0, default_root_dir=tmp_path, **QUIET)
    trainer.fit(training, data(4))
    trainer.save_checkpoint(path := tmp_path / "a.ckpt")

    waveform = torch.randn(2, 16000)
    torch.testing.assert_close(load_encoder(path)(waveform), encoder.eval()(waveform))
    assert load_checkpoint(path)["space"]["fingerprint"] == synths.find("voice")().space.fingerprint()

    other = data(4, **{"keyboard.midi_f0": 60.0})
    with pytest.raises(ValueError, match=r"another parameter layout: keyboard\.midi_f0: here .*60"):
        trainer.fit(training, other, ckpt_path=path)
    byol = PretrainingModule(BYOL(encoder, hidden_dim=8, projection_dim=4), torch.optim.AdamW)
    named = r"^objective: expected a checkpoint of \S+\.BYOL; got one of \S+\.Contrastive"
    with pytest.raises(ValueError, match=named):
        trainer.fit(byol, data(4), ckpt_path=path)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_sounds_at_another_rate_than_the_front_end_are_refused():
    synth = synths.find("voice")(sample_rate=8000, seconds=0.4, control_rate=480)
    with pytest.raises(ValueError, match=r"synth makes sounds at 8000 Hz.*expects 16000 Hz; give both"):
        Trainer(max_epochs=1, **QUIET).fit(module(), PairDataModule(synth, batch_size=4))


def test_sounds_of_another_length_than_the_window_are_refused():
    synth = synths.find("voice")(sample_rate=16000, seconds=1, control_rate=480)
    with pytest.raises(ValueError, match=r"makes sounds of 1 s, the objective's encoder has window_s: 0\.4; give both"):
        Trainer(max_epochs=1, **QUIET).fit(module(), PairDataModule(synth, batch_size=4))


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*num_workers")
def test_a_data_module_of_the_users_own_trains():
    """Its learning rate follows from the batch size of its DataLoader."""

    class Own(LightningDataModule):
        def __init__(self, batch_size: int | None):
            super().__init__()
            self.batch_size = batch_size

        def train_dataloader(self) -> DataLoader:
            return DataLoader(torch.arange(8), batch_size=self.batch_size)  # pyright: ignore[reportArgumentType]

        def val_dataloader(self) -> DataLoader:
            return DataLoader(torch.arange(8, 16), batch_size=4)

        def on_after_batch_transfer(self, batch, dataloader_idx):
            return data(4).stream(batch)

    class Several(Own):
        def train_dataloader(self):
            return [super().train_dataloader()] * 2

        def val_dataloader(self):
            return [super().val_dataloader()] * 2

        def on_after_batch_transfer(self, batch, dataloader_idx):
            return super().on_after_batch_transfer(batch, dataloader_idx) if isinstance(batch, torch.Tensor) else batch

    trainer = Trainer(max_epochs=1, enable_checkpointing=False, **QUIET)
    (figures,) = trainer.validate(module(), Own(4), verbose=False)  # before there is a training DataLoader
    assert "val/loss" in figures
    trainer.fit(training := module(lr=0.5), Own(4))
    assert trainer.global_step == 2
    assert training.optimizers().param_groups[0]["initial_lr"] == pytest.approx(0.5 * 4 / 256)
    for several_or_none in (Own(None), Several(4)):
        with pytest.raises(ValueError, match="expected one training DataLoader with a batch_size"):
            trainer.fit(module(), several_or_none)
    figures = trainer.validate(module(), Several(4), verbose=False)
    assert ["val/loss/dataloader_idx_0" in figures[0], "val/loss/dataloader_idx_1" in figures[1]] == [True, True]


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*num_workers")
def test_after_step_follows_every_optimizer_step_and_nothing_else():
    training, steps = module(), []
    training.objective.after_step = lambda: steps.append(1)
    settings = {"limit_val_batches": 0, "enable_checkpointing": False, **QUIET}
    Trainer(max_epochs=2, accumulate_grad_batches=2, **settings).fit(training, data(4))
    assert len(steps) == 2


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*num_workers")
def test_the_embedding_of_a_pair_is_that_of_its_first_view():
    training, pairs = module(), data(4).stream(torch.arange(4))
    predicted = training.eval().predict_step(pairs, 0)
    assert torch.equal(predicted["index"], pairs.index) and torch.equal(predicted["theta"], pairs.theta_a)
    torch.testing.assert_close(predicted["embedding"], training.encoder(pairs.a))
