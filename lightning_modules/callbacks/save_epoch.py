"""The place in its epochs at which a training was stopped."""

from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer


class SaveEpoch(Callback):
    """A training that max_time, max_steps or another callback stops within an epoch goes on within it when resumed.

    Lightning counts the epoch as whole: a resumed run would begin the next one, and make fewer steps than its schedule.
    With max_steps it takes any epoch for one that was stopped: after a whole one, it would count another without steps.
    """

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        # Lightning has no other way. It asks when it loads the place, right after this, and when the run begins, where
        # it then takes the number of the epoch from the checkpoint, as with max_epochs.
        trainer.fit_loop._iteration_based_training = lambda: False  # pyright: ignore[reportAttributeAccessIssue]

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        loop = checkpoint["loops"]["fit_loop"]
        epochs, batches = loop["epoch_progress"], loop["epoch_loop.batch_progress"]["current"]
        counted = epochs["current"]["processed"] == epochs["current"]["ready"]
        if counted and 0 < batches["ready"] < trainer.num_training_batches:
            for progress in (epochs["total"], epochs["current"]):
                progress["processed"] -= 1
                progress["completed"] = min(progress["completed"], progress["processed"])
