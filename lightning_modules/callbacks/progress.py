"""The progress bar of a training."""

from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import RichProgressBar


class OneLineProgress(RichProgressBar):
    """Progress and figures on one line of 80 columns: those of training, by short names."""

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        named = super().get_metrics(trainer, pl_module).items()
        of_training = {name.removeprefix("train/"): value for name, value in named if name.startswith("train/")}
        return {name.removesuffix("_accuracy"): value for name, value in of_training.items()}

    def configure_columns(self, trainer: Trainer) -> list[Any]:
        columns = super().configure_columns(trainer)
        columns[1].bar_width = 12  # pyright: ignore[reportAttributeAccessIssue]
        return columns
