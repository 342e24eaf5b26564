"""Labelled recordings on disk, in their official splits."""

import hashlib
import math
import os
from typing import Any

from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler

from doppelganger.evaluation import Task, read_task
from doppelganger.evaluation.splits import splits_of
from doppelganger.evaluation.targets import targets_of
from doppelganger.streams.recordings import Recordings


class RecordingsDataModule(LightningDataModule):
    """Clips of a public data set, or of a pack: one fold for testing, the others for training.

    Args:
        task: its name, see `doppelganger.evaluation.tasks`.
        root: its folder.
        seconds: length of a clip: a longer one is cut, a shorter one padded with zeros.
        fold: the fold for testing; none is the first.
        batch_size: clips a step on each device.
        n_workers: processes that read.
        seed: seed for the choice of the validation clips, all of them from the training folds.
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
        self.task_name, self.root, self.seconds, self.fold, self.seed = task, root, seconds, fold, seed
        self.batch_size, self.n_workers = batch_size, n_workers
        self._task: Task | None = None

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

    def state_dict(self) -> dict[str, Any]:
        assert self._task is not None
        digest = hashlib.sha256("\n".join(self._task.clips).encode()).hexdigest()
        return {"clips": digest, "fold": self.split.name, "seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuses the checkpoint of another split of the same clips.

        Raises:
            ValueError: it is of another fold, or has another seed.
        """
        here = self.state_dict()
        if here["clips"] == state_dict["clips"] and here != state_dict:
            raise ValueError(
                f"ckpt_path: expected a checkpoint of fold {here['fold']}, seed {here['seed']}; got one of fold "
                f"{state_dict['fold']}, seed {state_dict['seed']}, which was trained on clips that are held out here"
            )

    @property
    def sample_rate(self) -> int:
        return self.trainer.lightning_module.encoder.sample_rate  # pyright: ignore

    def train_dataloader(self) -> DataLoader:
        return self._loader(self.split.fit, train=True)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.split.choose)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.split.test)

    def _loader(self, rows, train: bool = False) -> DataLoader:
        assert self._task is not None
        clips = Recordings(self._task, self.targets.truth, rows.tolist(), round(self.seconds * self.sample_rate), train)
        options: dict[str, Any] = {"num_workers": self.n_workers, "persistent_workers": self.n_workers > 0}
        if not train:  # Lightning leaves this sampler alone: every device scores all clips, each of them once
            options["sampler"] = DistributedSampler(clips, num_replicas=1, rank=0, shuffle=False)
        # A last batch of one clip would be a batch norm of one. Each device gets its share of the training clips.
        n_devices = self.trainer.world_size if self.trainer else 1
        drop_last = train and math.ceil(len(rows) / n_devices) > self.batch_size
        return DataLoader(
            clips, self.batch_size, shuffle=train, drop_last=drop_last, collate_fn=clips.collate, **options
        )
