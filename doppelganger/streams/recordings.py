"""Labelled recordings as training items of one length."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from doppelganger.embedding.windows import crop, random_start
from doppelganger.evaluation.task import Task


class Recordings(Dataset):
    """Clips of a probe task, all of one length, and their classes.

    Args:
        task: see `Task`.
        truth: classes of all clips of the task, bool (n_clips, n_classes).
        rows: numbers of the clips to use.
        n_samples: length of an item; a longer clip is cropped, a shorter one padded with zeros.
        train: crop a long clip at a random place instead of at its start.
    """

    def __init__(self, task: Task, truth: np.ndarray, rows: Sequence[int], n_samples: int, train: bool):
        self.task, self.truth, self.rows, self.n_samples, self.train = task, truth, rows, n_samples, train

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        row = self.rows[item]
        waveform = torch.from_numpy(np.concatenate(list(self.task.blocks(row))))
        start = random_start(len(waveform), self.n_samples) if self.train else 0
        return crop(waveform, self.n_samples, start), torch.from_numpy(self.truth[row]).float()
