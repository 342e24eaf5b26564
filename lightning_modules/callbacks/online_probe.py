"""A nearest-neighbour probe during training."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

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

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        from doppelganger.evaluation.synthetic import synthetic_tasks  # the package imports scikit-learn and scipy

        if trainer.sanity_checking:
            return
        encoder = cast(Encoder, pl_module.encoder)
        if isinstance(trainer.strategy, FullySharded):
            encoder = trainer.strategy.gathered(encoder)
        self._tasks = self._tasks or synthetic_tasks(encoder.sample_rate, n_sounds=self.n_sounds)
        for task in self._tasks:
            name = task.name.removeprefix("synthetic ")
            pl_module.log(f"probe/{name}", _accuracy(encoder, task, pl_module.device), rank_zero_only=True)


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
