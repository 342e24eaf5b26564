"""The base of the training modules: random numbers that follow from the step, and settings that follow the config."""

import random
from typing import Any, cast

import numpy as np
import torch
from pytorch_lightning import LightningModule
from torch.optim import Optimizer

from lightning_modules.optimizers import keep_settings, settings_of
from lightning_modules.schedules import Schedule, factor_of_step


class SeededModule(LightningModule):
    """Draws the random numbers of a step (dropout, masks, mixtures) from the seed of the run and the step alone.

    A resumed run draws the same ones. Its optimizer and schedule have the settings of the config.
    """

    def __init__(self):
        super().__init__()
        self._seed: int | None = None
        self._settings: list[dict[str, Any]] = []  # of the optimizer's groups, where there is one

    def on_fit_start(self) -> None:
        self.train()  # `load_encoder` returns evaluation mode, and Lightning does not reset it
        if self._seed is None:  # else a checkpoint had it
            self._seed = torch.initial_seed()

    def scheduled(self, optimizer: Optimizer, schedule: Schedule) -> Any:
        """What `configure_optimizers` returns: an optimizer whose learning rate follows a schedule, step by step."""
        self._settings = settings_of(optimizer)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor_of_step(schedule, self.trainer))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_train_start(self) -> None:
        keep_settings(self.trainer, self._settings)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        assert self._seed is not None
        place = (self._seed % 2**64, self.global_step, batch_idx, self.global_rank)
        seed = int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0])
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # wav2vec2 and HuBERT draw masks and dropped layers from NumPy
        random.seed(seed)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        checkpoint["random_seed"] = self._seed

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        self._seed = cast(int | None, checkpoint.get("random_seed"))
