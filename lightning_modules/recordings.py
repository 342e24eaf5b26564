"""Labelled recordings on disk, in their official splits."""

import hashlib
import math
import os
import signal
from typing import Any

import numpy as np
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from doppelganger.evaluation import Task, read_task
from doppelganger.evaluation.splits import splits_of
from doppelganger.evaluation.targets import targets_of
from doppelganger.streams.recordings import Item, Recordings
from lightning_modules.passes import Passes


class RecordingsDataModule(LightningDataModule):
    """Clips of a public data set, or of a pack: one fold for testing, the others for training.

    A checkpoint holds how many clips training has taken, so that a resumed run goes on with the next.

    Args:
        task: its name, see `doppelganger.evaluation.tasks`.
        root: its folder.
        seconds: length of a clip: a longer one is cut, a shorter one padded with zeros.
        fold: the fold for testing; none is the first.
        batch_size: clips a step on each device.
        n_workers: processes that read.
        seed: seed for the choice of the validation clips, all of them from the training folds; in training, for the
            order of the clips and the places of their crops.

    Raises:
        ValueError: `seconds` or `batch_size` is not above 0.
    """

    def __init__(
        self,
        task: str,
        root: str,
        seconds: float,
        fold: str | None = None,
        batch_size: int = 64,
        n_workers: int = min(os.cpu_count() or 1, 8),
        seed: int = 0,
    ):
        super().__init__()
        if not 0 < seconds < math.inf:
            raise ValueError(f"seconds: expected a number above 0; got {seconds}")
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1; got {batch_size}")
        self.task_name, self.root, self.seconds, self.fold, self.seed = task, root, seconds, fold, seed
        self.batch_size, self.n_workers = batch_size, n_workers
        self._task: Task | None = None
        self._n_taken = 0

    def setup(self, stage: str) -> None:
        if self._task is None:
            self._task = read_task(self.task_name, self.root, self.sample_rate, self.seed)
            self.targets = targets_of(self._task.labels)
            splits = {split.name: split for split in splits_of(self._task.folds, self._task.labels, self.seed)}
            self.folds = list(splits)
            fold = self.fold or self.folds[0]
            if fold not in splits:
                raise ValueError(f"fold: expected one of {', '.join(splits)}; got {fold}")
            self.split = splits[fold]

    def _split_held(self) -> dict[str, Any]:
        assert self._task is not None
        digest = hashlib.sha256("\n".join(self._task.clips).encode()).hexdigest()
        return {"clips": digest, "fold": self.split.name, "seed": self.seed}

    def state_dict(self) -> dict[str, Any]:
        return {**self._split_held(), "n_taken": self._n_taken}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuses the checkpoint of another split of the same clips.

        Raises:
            ValueError: it is of another fold, or has another seed.
        """
        here = self._split_held()
        there = {key: state_dict[key] for key in here}
        if here["clips"] == there["clips"] and here != there:
            raise ValueError(
                f"ckpt_path: expected a checkpoint of fold {here['fold']}, seed {here['seed']}; got one of fold "
                f"{there['fold']}, seed {there['seed']}, which was trained on clips that are held out here"
            )
        self._n_taken = state_dict["n_taken"]

    def on_before_batch_transfer(self, batch: Item, dataloader_idx: int) -> Item:
        if self.trainer and self.trainer.training:  # what is trained on counts, not what workers have read ahead
            self._n_taken += self.trainer.world_size * len(batch[0])
        return batch

    @property
    def sample_rate(self) -> int:
        return self.trainer.lightning_module.encoder.sample_rate  # pyright: ignore

    def train_dataloader(self) -> DataLoader:
        clips = self._clips(self.split.fit, train=True)
        n_ranks, rank = (self.trainer.world_size, self.trainer.global_rank) if self.trainer else (1, 0)
        return self._loader(clips, Passes(clips, self.batch_size, n_ranks, rank, self.seed, lambda: self._n_taken))

    def val_dataloader(self) -> DataLoader:
        return self._all_of(self.split.choose)

    def test_dataloader(self) -> DataLoader:
        return self._all_of(self.split.test)

    def _all_of(self, rows: np.ndarray) -> DataLoader:
        """In order; Lightning leaves this sampler alone: every device scores all clips, each of them once."""
        clips = self._clips(rows, train=False)
        return self._loader(clips, DistributedSampler(clips, num_replicas=1, rank=0, shuffle=False))

    def _clips(self, rows: np.ndarray, train: bool) -> Recordings:
        assert self._task is not None
        n_samples = round(self.seconds * self.sample_rate)
        return Recordings(self._task, self.targets.truth, rows.tolist(), n_samples, train, self.seed)

    def _loader(self, clips: Recordings, sampler: DistributedSampler) -> DataLoader:
        options: dict[str, Any] = {"num_workers": self.n_workers, "persistent_workers": self.n_workers > 0}
        options |= {"collate_fn": clips.collate, "worker_init_fn": _leave_sigterm_to_the_trainer}
        return DataLoader(clips, self.batch_size, sampler=sampler, **options)


def _leave_sigterm_to_the_trainer(worker: int) -> None:
    """A cluster sends SIGTERM to all processes: the one that trains saves a checkpoint first, then ends the workers."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
