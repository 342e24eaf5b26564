"""A nearest-neighbour probe during training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from doppelganger.encoders import Encoder
from lightning_modules.sharding import FullySharded

if TYPE_CHECKING:
    from doppelganger.evaluation.task import Task


class OnlineProbe(Callback):
    """Logs probe/pitch, probe/envelope and probe/waveform after every validation.

    Each is the accuracy of nearest neighbours on held-out synthetic sounds, see `doppelganger.evaluation.synthetic`;
    no recordings are needed.

    Args:
        n_sounds: number of sounds per task; each half is tested with the other half as neighbours.
    """

    def __init__(self, n_sounds: int = 200):
        self.n_sounds = n_sounds
        self._tasks: list[Task] = []

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        from doppelganger.evaluation.synthetic import synthetic_tasks  # the package imports scikit-learn and scipy

        # At the end of the epoch, a moving average that is listed before this callback is not in place any more.
        is_last = (dataloader_idx + 1, batch_idx + 1) == (len(trainer.num_val_batches), trainer.num_val_batches[-1])
        if trainer.sanity_checking or not is_last:
            return
        encoder = cast(Encoder, pl_module.encoder)
        if isinstance(trainer.strategy, FullySharded):
            encoder = trainer.strategy.gathered(encoder)
        self._tasks = self._tasks or synthetic_tasks(encoder.sample_rate, n_sounds=self.n_sounds)
        for task in self._tasks:
            name = task.name.removeprefix("synthetic ")
            accuracy = _accuracy(encoder, task, pl_module.device)
            pl_module.log(f"probe/{name}", accuracy, batch_size=1, add_dataloader_idx=False, sync_dist=True)


def _accuracy(encoder: Encoder, task: Task, device: torch.device) -> float:
    from doppelganger.evaluation.probe_task import ProbeTask
    from doppelganger.evaluation.protocols import knn
    from doppelganger.evaluation.task_embeddings import embed

    # During validation Lightning has set evaluation mode and turned gradients off.
    embeddings, _, _ = embed({"": encoder}, task, device=device)
    probe_task = ProbeTask(embeddings[""], task.labels, task.folds)
    predictions = knn.predict(probe_task, lambda: None)
    right = predictions.scores[0].argmax(axis=1) == probe_task.targets.truth[predictions.tested].argmax(axis=1)
    return float(right.mean())
