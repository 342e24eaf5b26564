"""A checkpoint when the process is asked to end."""

import signal
import threading
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint, WeightAveraging
from pytorch_lightning.trainer.states import TrainerFn
from pytorch_lightning.utilities.exceptions import SIGTERMException


class SaveOnSigterm(Callback):
    """SIGTERM, as a cluster sends it before it stops a job: writes last.ckpt and ends the training.

    One process does so after the step or validation batch. Several agree after each step whether one of them was asked
    to end, since the signal reaches them at different moments.
    """

    def __init__(self):
        self._asked = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.world_size == 1 or threading.current_thread() is not threading.main_thread():
            return

        def ask(number: int, frame: Any) -> None:
            if not self._asked and (launcher := trainer.strategy.launcher):
                launcher.kill(number)  # the processes that this one started
            self._asked = True

        # Lightning's handler broadcasts at once, perhaps between a collective of this rank and the same of another.
        # The trainer puts back the first one at its end.
        signal.signal(signal.SIGTERM, ask)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.world_size > 1 and trainer.strategy.reduce_boolean_decision(self._asked, all=False):
            trainer._signal_connector.received_sigterm = True

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        callback = trainer.checkpoint_callback
        folder = callback.dirpath if isinstance(callback, ModelCheckpoint) else None
        fitting = trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking
        if isinstance(exception, SIGTERMException) and fitting and folder:
            if trainer.validating:
                _swap_average_back(trainer, pl_module)
                _begin_validation_again(trainer)
            else:
                _count_validated_step_once(trainer)
            last = Path(folder, "last.ckpt")
            if last.is_symlink() and trainer.is_global_zero:  # to an epoch's checkpoint, which stays as it is
                last.unlink()
            trainer.save_checkpoint(last, weights_only=False)


def _begin_validation_again(trainer: Any) -> None:
    """Lightning goes on with a validation whose batch was not processed, and leaves out any other that was begun."""
    progress = trainer.fit_loop.epoch_loop.val_loop.batch_progress
    progress.reset()
    progress.increment_ready()
    progress.increment_started()


def _count_validated_step_once(trainer: Any) -> None:
    """Lightning, resumed right after a validation within an epoch, counts the step before it in logs: it has been."""
    loop = trainer.fit_loop.epoch_loop
    validated = loop._should_check_val_fx(trainer.fit_loop._data_fetcher)
    if validated and not loop._is_training_done and not loop._should_accumulate():
        loop._batches_that_stepped -= 1


def _swap_average_back(trainer: Any, pl_module: LightningModule) -> None:
    """A moving average of the weights takes their place during validation."""
    for callback in trainer.callbacks:
        if isinstance(callback, WeightAveraging):
            callback.on_validation_epoch_end(trainer, pl_module)
