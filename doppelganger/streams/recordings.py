"""Labelled recordings as training items of one length."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from doppelganger.embedding.windows import crop, random_start


class Clips(Protocol):
    """Sounds by number, such as those of a `doppelganger.evaluation.Task`."""

    def blocks(self, clip: int, /) -> Iterable[np.ndarray]:
        """The waveform of a clip in pieces, mono float32 (n_samples,)."""
        ...


class Recordings(Dataset):
    """Clips of a task at one length, with their classes.

    Args:
        task: clips, see `Clips`.
        truth: classes of all clips, bool (n_clips, n_classes).
        rows: numbers of the clips to use.
        n_samples: length of an item; a longer clip is cropped, a shorter one padded with zeros.
        train: crop a long clip at a random place instead of at its start.
    """

    def __init__(self, task: Clips, truth: np.ndarray, rows: Sequence[int], n_samples: int, train: bool):
        self.task, self.truth, self.rows, self.n_samples, self.train = task, truth, rows, n_samples, train

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, item: int) -> tuple[Tensor, Tensor]:
        row = self.rows[item]
        waveform = torch.from_numpy(np.concatenate(list(self.task.blocks(row))))
        start = random_start(len(waveform), self.n_samples) if self.train else 0
        return crop(waveform, self.n_samples, start), torch.from_numpy(self.truth[row]).float()
