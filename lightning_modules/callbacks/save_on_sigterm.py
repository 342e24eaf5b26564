"""A checkpoint when the process is asked to end."""

from pathlib import Path

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.trainer.states import TrainerFn
from pytorch_lightning.utilities.exceptions import SIGTERMException


class SaveOnSigterm(Callback):
    """SIGTERM, as a cluster sends it before it stops a job: writes last.ckpt after the step or validation batch.

    With several processes Lightning stops them without a checkpoint.
    """

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        callback = trainer.checkpoint_callback
        folder = callback.dirpath if isinstance(callback, ModelCheckpoint) else None
        fitting = trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking
        if isinstance(exception, SIGTERMException) and fitting and trainer.world_size == 1 and folder:
            last = Path(folder, "last.ckpt")
            if last.is_symlink():  # to an epoch's checkpoint, which stays as it is
                last.unlink()
            trainer.save_checkpoint(last)
