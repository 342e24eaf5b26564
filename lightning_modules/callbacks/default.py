"""The callbacks of every run."""

from collections.abc import Sequence

from jsonargparse import Namespace
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint, ModelSummary, ProgressBar

from lightning_modules.callbacks.keep_best import KeepBest
from lightning_modules.callbacks.progress import OneLineProgress
from lightning_modules.callbacks.save_epoch import SaveEpoch
from lightning_modules.callbacks.save_gradients import SaveGradients
from lightning_modules.callbacks.save_on_sigterm import SaveOnSigterm
from lightning_modules.callbacks.save_predictions import SavePredictions
from lightning_modules.callbacks.weight_summary import WeightSummary


def default_callbacks(given: Sequence[Callback], trainer: Namespace) -> list[Callback]:
    """The callbacks of every run, except those that the config turns off or replaces.

    Args:
        given: callbacks of the config.
        trainer: the config of the trainer.
    """
    callbacks: list[Callback] = [SavePredictions()]
    if trainer.enable_progress_bar is not False and not _has(given, ProgressBar):
        callbacks.append(OneLineProgress())
    if trainer.enable_model_summary is not False and not _has(given, ModelSummary):
        callbacks.append(WeightSummary())
    if trainer.logger is not False and not _has(given, LearningRateMonitor):
        callbacks.append(LearningRateMonitor())
    if trainer.enable_checkpointing is not False:
        # Lightning itself saves after validations alone where not every epoch has one: the last epochs would be lost.
        newest = ModelCheckpoint(save_last="link", save_on_train_epoch_end=True)
        others = [other for other in given if isinstance(other, ModelCheckpoint)]
        if not any(other.save_last or other.state_key == newest.state_key for other in others):
            callbacks.append(newest)
        callbacks += [KeepBest(), SaveEpoch(), SaveGradients(), SaveOnSigterm()]
    return callbacks


def _has(callbacks: Sequence[Callback], kind: type[Callback]) -> bool:
    return any(isinstance(callback, kind) for callback in callbacks)
