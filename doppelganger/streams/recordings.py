"""Labelled recordings as training items of one length."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.windows import crop, random_start

_N_TRIES = 16
Item = tuple[Tensor, Tensor]


class Clips(Protocol):
    """Sounds by number, such as those of a `doppelganger.evaluation.Task`."""

    @property
    def clips(self) -> Sequence[str]:
        """Name of each clip."""
        ...

    def blocks(self, clip: int, /) -> Iterable[np.ndarray]:
        """The waveform of a clip in pieces, mono float32 (n_samples,); raises `UnusableClip`."""
        ...


class Recordings(Dataset):
    """Clips of a task at one length, with their classes.

    Item `number` is the clip `number % len(rows)`. In training, its crop follows from the seed and the number: it
    differs from one pass through the clips to the next, and is the same in any process and after a resume.

    A clip that cannot be read is named once in each process. In training the next one takes its place; else it is None,
    which `collate` leaves out.

    Args:
        task: clips, see `Clips`.
        truth: classes of all clips, bool (n_clips, n_classes).
        rows: numbers of the clips to use.
        n_samples: length of an item; a longer clip is cropped, a shorter one padded with zeros.
        train: crop a long clip at a random place instead of at its start.
        seed: seed for the places of the crops.
    """

    def __init__(self, task: Clips, truth: np.ndarray, rows: Sequence[int], n_samples: int, train: bool, seed: int = 0):
        self.task, self.truth, self.rows, self.n_samples = task, truth, rows, n_samples
        self.train, self.seed = train, seed
        self._unusable: set[int] = set()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Item | None:
        n_tries = min(_N_TRIES, len(self.rows)) if self.train else 1
        for step in range(n_tries):
            row = self.rows[(number + step) % len(self.rows)]
            waveform = self._read(row)
            if waveform is not None:
                draws = np.random.default_rng((self.seed % 2**64, number))
                start = random_start(len(waveform), self.n_samples, draws) if self.train else 0
                return crop(waveform, self.n_samples, start), torch.from_numpy(self.truth[row]).float()
        if self.train:
            name = self.task.clips[self.rows[number % len(self.rows)]]
            raise ValueError(f"{name} and the {n_tries - 1} clips after it cannot be read; expected sound files")
        return None

    def collate(self, items: Sequence[Item | None]) -> Item:
        """A batch of the items that are not None, perhaps of none."""
        usable = [item for item in items if item is not None]
        if usable:
            return default_collate(usable)
        return torch.zeros(0, self.n_samples), torch.zeros(0, self.truth.shape[1])

    def _read(self, row: int) -> Tensor | None:
        try:
            return torch.from_numpy(np.concatenate(list(self.task.blocks(row))))
        except UnusableClip as error:
            if row not in self._unusable:
                self._unusable.add(row)
                warnings.warn(f"skipped {self.task.clips[row]}: {error}", stacklevel=2)
            return None
