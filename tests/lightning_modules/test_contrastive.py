"""The training step: one learning rate for any batch, one loss for any number of ranks."""

from functools import partial

import pytest
import torch
from pytorch_lightning import Trainer
from torch import nn

import synths
from doppelganger import AudioEncoder, Gaussian, LogMel, Pairs
from doppelganger.augmentations import Augmentation
from doppelganger.checkpoints import load_checkpoint, load_encoder
from doppelganger.objectives.nt_xent import NTXent
from lightning_modules.contrastive import ContrastiveModule
from lightning_modules.data import PairDataModule

QUIET = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}


def data(batch_size: int, **ranges) -> PairDataModule:
    synth = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480, ranges=ranges)
    return PairDataModule(synth, Gaussian(0.1), batch_size=batch_size, steps_per_epoch=2, n_validation_steps=1)


def module(lr: float = 0.1) -> ContrastiveModule:
    torch.manual_seed(0)
    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogMel(n_mels=32), window_s=0.4)
    encoder.backbone = nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 8))  # no batch norm: ranks stay comparable
    return ContrastiveModule(encoder, NTXent(0.5), partial(torch.optim.SGD, lr=lr))


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
@pytest.mark.parametrize("batch_size, accumulate", [(8, 1), (64, 1), (512, 1), (8, 4)])
def test_the_learning_rate_grows_with_the_batch(batch_size, accumulate):
    trainer = Trainer(max_epochs=1, limit_train_batches=0, accumulate_grad_batches=accumulate, **QUIET)
    trainer.fit(training := module(lr=0.12), data(batch_size))
    (group,) = training.optimizers().param_groups
    assert group["initial_lr"] == pytest.approx(0.12 * batch_size * accumulate / 256)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_an_encoder_that_comes_ready_to_be_asked_is_trained():
    training, modes = module(), []
    training.encoder.eval().backbone.register_forward_pre_hook(lambda backbone, _: modes.append(backbone.training))
    Trainer(max_epochs=1, limit_val_batches=0, enable_checkpointing=False, **QUIET).fit(training, data(8))
    assert modes == [True, True]


def weights_after(n_ranks: int, batch_size: int) -> torch.Tensor:
    trainer = Trainer(
        max_epochs=1,
        devices=n_ranks,
        strategy="ddp_spawn" if n_ranks > 1 else "auto",
        limit_val_batches=0,
        enable_checkpointing=False,
        **QUIET,
    )
    trainer.fit(training := module(), data(batch_size))
    return training.encoder.backbone[1].weight.detach().cpu()


@pytest.mark.filterwarnings("ignore")
def test_two_ranks_learn_what_one_learns_from_twice_the_batch():
    one, two = weights_after(1, 16), weights_after(2, 8)
    start = module().encoder.backbone[1].weight
    assert (one - start).abs().max() > 1e-3
    torch.testing.assert_close(two, one, atol=1e-5, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_a_checkpoint_gives_back_the_encoder_and_refuses_another_layout(tmp_path):
    torch.manual_seed(0)
    encoder = AudioEncoder("test_resnet", embedding_dim=8, frontend=LogMel(n_mels=32), window_s=0.4)
    training = ContrastiveModule(encoder, NTXent(), torch.optim.AdamW, projection_dims=[8, 4])
    trainer = Trainer(max_epochs=1, limit_val_batches=0, default_root_dir=tmp_path, **QUIET)
    trainer.fit(training, data(4))
    trainer.save_checkpoint(path := tmp_path / "a.ckpt")

    waveform = torch.randn(2, 16000)
    torch.testing.assert_close(load_encoder(path)(waveform), encoder.eval()(waveform))
    assert load_checkpoint(path)["space"]["fingerprint"] == synths.find("voice")().space.fingerprint()

    other = data(4, **{"keyboard.midi_f0": 60.0})
    with pytest.raises(ValueError, match=r"another parameter layout: keyboard\.midi_f0: here .*60"):
        trainer.fit(training, other, ckpt_path=path)


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_sounds_at_another_rate_than_the_front_end_are_refused():
    synth = synths.find("voice")(sample_rate=8000, seconds=0.4, control_rate=480)
    with pytest.raises(ValueError, match=r"makes sounds at 8000 Hz.*expects 16000 Hz"):
        Trainer(max_epochs=1, **QUIET).fit(module(), PairDataModule(synth, batch_size=4))


class Counted(Augmentation):
    """Adds the item's number, and 1,000 to view b."""

    def forward(self, picture, index, view=""):
        return picture + index[:, None, None, None] + 1000 * (view == "b")


def test_views_are_augmented_in_training_only():
    training = module()
    training.augmentation = Counted()
    sounds = torch.randn(2, 2, 6400, generator=torch.Generator().manual_seed(0))
    batch = Pairs(torch.tensor([5, 7]), *torch.zeros(3, 2, 1), *sounds)
    plain = [training.encoder.picture(view).squeeze(1) for view in sounds]
    number = batch.index[:, None, None]
    a, b = training._views(batch, "train")
    torch.testing.assert_close(a, plain[0] + number)
    torch.testing.assert_close(b, plain[1] + number + 1000)
    a, b = training._views(batch, "val")
    assert torch.equal(a, sounds[0]) and torch.equal(b, sounds[1])
