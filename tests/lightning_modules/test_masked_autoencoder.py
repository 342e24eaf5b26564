"""Masked pre-training: its parameter groups, checkpoint, target and figures."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from pytorch_lightning import LightningDataModule, Trainer
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import DataLoader

import synths
from doppelganger import AudioEncoder, load_encoder
from doppelganger.objectives.masked_autoencoder import MaskedAutoencoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from lightning_modules.callbacks import OnlineProbe, ReconstructionLogger
from lightning_modules.data import SoundDataModule
from lightning_modules.pretraining import PretrainingModule

QUIET = {"accelerator": "cpu", "enable_progress_bar": False, "enable_model_summary": False}
SMALL = {"decoder_dim": 16, "decoder_depth": 1, "decoder_heads": 2}

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*num_workers")


def data(synth=None) -> SoundDataModule:
    voice = synths.find("voice")(sample_rate=16000, seconds=0.4, control_rate=480)
    return SoundDataModule(synth or voice, batch_size=8, steps_per_epoch=2, n_validation_steps=1)


def module(objective=MaskedAutoencoder, **options) -> PretrainingModule:
    torch.manual_seed(0)
    encoder = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options={"depth": 1, "patch_size": [16, 8]})
    optimizer = partial(torch.optim.AdamW, lr=0.1, weight_decay=0.05)
    return PretrainingModule(objective(encoder, **SMALL, **options), optimizer)


def test_norms_and_biases_do_not_decay_and_the_rate_is_for_256_sounds():
    trainer = Trainer(max_epochs=1, limit_train_batches=0, logger=False, **QUIET)
    trainer.fit(training := module(), data())
    groups = training.optimizers().param_groups
    assert [(group["weight_decay"], group["initial_lr"]) for group in groups] == [
        (0.05, pytest.approx(0.1 * 8 / 256)),
        (0.0, pytest.approx(0.1 * 8 / 256)),
    ]
    names = {id(p): name for name, p in training.named_parameters()}
    undecayed = {names[id(p)] for p in groups[1]["params"]}
    assert undecayed == {n for n in names.values() if n.endswith("bias") or "norm" in n or "mask_token" in n}
    assert sum(len(group["params"]) for group in groups) == len(names)


def test_a_checkpoint_gives_back_the_encoder(tmp_path):
    trainer = Trainer(max_epochs=1, default_root_dir=tmp_path, logger=False, **QUIET)
    trainer.fit(training := module(), data())
    trainer.save_checkpoint(path := tmp_path / "a.ckpt")
    sound = torch.randn(2, 16000)
    torch.testing.assert_close(load_encoder(path)(sound), training.encoder.eval()(sound))


def test_the_target_of_the_duo_follows_every_step():
    trainer = Trainer(max_epochs=1, limit_val_batches=0, logger=False, enable_checkpointing=False, **QUIET)
    training = module(MaskedModelingDuo, decay=0.5)
    before = training.objective.target.blocks[0].attn.qkv.weight.clone()
    trainer.fit(training, data())
    after = training.objective.target.blocks[0].attn.qkv.weight
    assert not torch.equal(after, before)
    assert not torch.equal(after, training.encoder.backbone.blocks[0].attn.qkv.weight)


def test_the_target_of_the_duo_waits_for_accumulated_gradients_in_evaluation_mode():
    training = module(MaskedModelingDuo, decay=0.5)
    moved = []
    training.objective.after_step = lambda: moved.append(training.objective.target.training)
    settings = {"limit_val_batches": 0, "logger": False, "enable_checkpointing": False, **QUIET}
    Trainer(max_epochs=1, accumulate_grad_batches=2, **settings).fit(training, data())
    assert moved == [False]


def test_learns_from_patterns_as_from_sounds():
    pattern = synths.find("white")(n_mels=64, n_frames=48)
    trainer = Trainer(max_epochs=1, logger=False, enable_checkpointing=False, **QUIET)
    trainer.fit(module(), data(pattern))
    assert trainer.callback_metrics["train/loss"].isfinite()


def test_a_data_module_of_the_users_own_trains():
    class Own(LightningDataModule):
        def train_dataloader(self) -> DataLoader:
            return DataLoader(torch.arange(8), batch_size=4)  # pyright: ignore[reportArgumentType]

        def on_after_batch_transfer(self, batch, dataloader_idx):
            return data().stream(batch)

    trainer = Trainer(max_epochs=1, logger=False, enable_checkpointing=False, **QUIET)
    trainer.fit(module(), Own())
    assert trainer.global_step == 2 and trainer.callback_metrics["train/loss"].isfinite()


def test_reconstructions_of_sounds_and_recordings_are_logged(tmp_path):
    noise = np.random.default_rng(0).standard_normal(3000) / 4
    soundfile.write(tmp_path / "short.wav", noise, 8000)
    soundfile.write(tmp_path / "long.flac", np.tile(noise, 10), 44100)
    logger = TensorBoardLogger(tmp_path, "logs")
    callbacks = [ReconstructionLogger(2, recordings=str(tmp_path)), OnlineProbe(n_sounds=60)]
    trainer = Trainer(max_epochs=1, num_sanity_val_steps=0, logger=logger, callbacks=callbacks, **QUIET)
    trainer.fit(module(), data())
    events = EventAccumulator(logger.log_dir).Reload()
    assert set(events.Tags()["images"]) == {"filled in", "filled in, recordings"}
    assert "probe/pitch" in trainer.callback_metrics


def test_every_rank_reconstructs_since_each_may_hold_a_part_of_the_weights(monkeypatch):
    trained, sounds = module().eval(), data().stream(torch.arange(3))
    whole, asked = trained.objective.reconstruct, []
    monkeypatch.setattr(trained.objective, "reconstruct", lambda *given: asked.append(len(given[0])) or whole(*given))
    # Of another rank than the first: without a logger, which it would draw for.
    second = SimpleNamespace(sanity_checking=False, is_global_zero=False)
    with torch.no_grad():
        ReconstructionLogger(2).on_validation_batch_end(second, trained, None, sounds, 0)
    assert asked == [2]


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a folder with sound files"):
        ReconstructionLogger(recordings=str(tmp_path))
