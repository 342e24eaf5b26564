"""What every pre-training has in common: an encoder, an optimizer, and sounds that fit."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor

from doppelganger.encoders import AudioEncoder
from lightning_modules.data import SynthDataModule
from lightning_modules.schedules import Schedule, factor_of_step
from synths import AudioSynth


class PretrainingModule(LightningModule, ABC):
    """Base of all pre-trainings.

    Args:
        encoder: what stays after training.
        optimizer: its `lr` is for 256 items a step, all devices together, and scales with their number.
        schedule: learning-rate factor over the training.
    """

    vectors_decay = True  # whether biases and norms have weight decay too

    def __init__(self, encoder: AudioEncoder, optimizer: OptimizerCallable, schedule: Schedule):
        super().__init__()
        self.encoder = encoder
        self.optimizer = optimizer
        self.schedule = schedule
        self._seed: int | None = None

    def setup(self, stage: str) -> None:
        synth = self._data.synth
        if isinstance(synth, AudioSynth) and synth.sample_rate != self.encoder.sample_rate:
            raise ValueError(
                f"data.synth makes sounds at {synth.sample_rate} Hz, model.encoder.frontend expects "
                f"{self.encoder.sample_rate} Hz; set both sample_rate keys to the same number"
            )

    def on_fit_start(self) -> None:
        self.train()  # a trained encoder comes ready to be asked, and Lightning would leave it so
        if self._seed is None:  # else a checkpoint had it
            self._seed = torch.initial_seed()

    def on_train_start(self) -> None:
        # A resumed run may be of another length than before: its learning rate is that of the new schedule at once.
        for config in self.trainer.lr_scheduler_configs:
            scheduler: Any = config.scheduler
            groups = zip(scheduler.optimizer.param_groups, scheduler.base_lrs, scheduler.lr_lambdas, strict=True)
            for group, lr, factor in groups:
                group["lr"] = lr * factor(scheduler.last_epoch)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        # Random numbers (dropout, drop path) follow from the step alone, so that a resumed run draws the same ones.
        assert self._seed is not None
        place = (self._seed % 2**64, self.global_step, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))

    @property
    def _data(self) -> SynthDataModule:
        return self.trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, waveform: Tensor) -> Tensor:
        return self.encoder(waveform)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self.step(batch, "train")

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.step(batch, "val")

    def test_step(self, batch: Any, batch_idx: int) -> None:
        self.step(batch, "test")

    def predict_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        return {"index": batch.index, "theta": batch.theta, "embedding": self(batch.sound)}

    @abstractmethod
    def step(self, batch: Any, stage: str) -> Tensor:
        """The loss of a batch of what the data module makes, its terms logged as `stage`/term."""

    def log_terms(self, terms: dict[str, Tensor], stage: str, batch_size: int) -> None:
        """Logs each term as `stage`/term."""
        named = {f"{stage}/{name}": value for name, value in terms.items()}
        self.log_dict(named, batch_size=batch_size, prog_bar=True)

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer(self.parameters())
        if not self.vectors_decay:
            (group,) = optimizer.param_groups
            vectors = [p for p in group["params"] if p.ndim < 2]
            group["params"] = [p for p in group["params"] if p.ndim >= 2]
            optimizer.add_param_group({**group, "params": vectors, "weight_decay": 0.0})
        n_items = self._data.batch_size * self.trainer.world_size * self.trainer.accumulate_grad_batches
        for group in optimizer.param_groups:
            group["lr"] *= n_items / 256
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor_of_step(self.schedule, self.trainer))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        space = self._data.synth.space
        checkpoint["encoder"] = self.encoder.recipe()
        checkpoint["random_seed"] = self._seed
        checkpoint["space"] = {"fingerprint": space.fingerprint(), "parameters": space.describe()}

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        self._data.synth.space.require(checkpoint["space"]["parameters"])
        self._seed = checkpoint.get("random_seed")
