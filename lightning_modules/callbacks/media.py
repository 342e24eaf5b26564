"""Log sounds and figures to every logger that supports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytorch_lightning import Trainer
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def log_audio(trainer: Trainer, tag: str, sound: Tensor, sample_rate: int) -> None:
    """Log a sound (n_samples,) under a tag."""
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_audio(tag, sound, trainer.global_step, sample_rate)
        elif isinstance(logger, WandbLogger):
            logger.log_audio(tag, [sound.numpy()], step=trainer.global_step, sample_rate=[sample_rate])


def log_figure(trainer: Trainer, tag: str, figure: Figure) -> None:
    """Log a figure under a tag."""
    for logger in trainer.loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_figure(tag, figure, trainer.global_step)
        elif isinstance(logger, WandbLogger):
            logger.log_image(tag, [figure], step=trainer.global_step)
