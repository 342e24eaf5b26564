"""Labelled recordings as training items of one length."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from doppelganger.embedding.windows import crop, random_start
from doppelganger.evaluation.task import Task


class Recordings(Dataset):
    """Clips of a task, all of one length, and what they are.

    Args:
        task: see `Task`.
        truth: bool (n_clips of the task, n_classes).
        rows: which clips.
        n_samples: of what comes out: a longer clip is cut, a shorter one ends in silence.
        train: cut a long clip at random, not at its start.
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
