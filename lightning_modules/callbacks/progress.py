"""The progress bar of a training."""

import sys
import time
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import RichProgressBar

EVERY_S = 60.0


class OneLineProgress(RichProgressBar):
    """Progress and figures on one line of 80 columns: those of training, by short names.

    Where the output is a file or a pipe, a line a minute.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        self._printed_s = time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any) -> None:
        super().on_train_batch_end(trainer, pl_module, *args, **kwargs)
        if not self.is_enabled or sys.stdout.isatty() or time.monotonic() - self._printed_s < EVERY_S:
            return
        self._printed_s = time.monotonic()
        figures = " ".join(
            f"{name}: {float(value):.3f}" for name, value in self.get_metrics(trainer, pl_module).items()
        )
        print(f"Epoch {trainer.current_epoch}, step {trainer.global_step}: {figures}", flush=True)

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        named = super().get_metrics(trainer, pl_module).items()
        of_training = {name.removeprefix("train/"): value for name, value in named if name.startswith("train/")}
        return {name.removesuffix("_accuracy"): value for name, value in of_training.items()}

    def configure_columns(self, trainer: Trainer) -> list[Any]:
        columns = super().configure_columns(trainer)
        columns[1].bar_width = 12  # pyright: ignore[reportAttributeAccessIssue]
        return columns

    def _get_train_description(self, current_epoch: int) -> str:
        # Where the number of epochs is open, Lightning writes that there are -1, and the last is number -2.
        return super()._get_train_description(current_epoch).replace("/-2", "")
