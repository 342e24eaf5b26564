"""The best checkpoint so far of a run that goes on in a new folder."""

import warnings
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.trainer.states import TrainerFn


class KeepBest(Callback):
    """A resumed run compares its checkpoints with the best of the run before, whose files stay where they are.

    Lightning forgets their scores, since each run has a folder of its own: the first checkpoint would be the best.
    """

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        if trainer.state.fn != TrainerFn.FITTING:
            return
        for callback in trainer.checkpoint_callbacks:
            state = checkpoint["callbacks"].get(callback.state_key)
            if not state or not isinstance(callback, ModelCheckpoint) or callback.monitor is None:
                continue
            missing = [path for path in state["best_k_models"] if not Path(path).is_file()]
            if missing:
                warnings.warn(
                    f"{missing[0]}, a checkpoint with one of the best {callback.monitor} so far, is not there: the "
                    "best is chosen among the checkpoints that follow",
                    stacklevel=2,
                )
            else:  # Lightning takes the scores of this folder alone
                state |= {"dirpath": callback.dirpath, "last_model_path": callback.last_model_path}
