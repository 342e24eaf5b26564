"""Blocks of indices, dealt to ranks."""

import itertools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset, DistributedSampler


class IndexBlocks(Dataset):
    """The block at `start` holds the items `start` to `start + size - 1`."""

    def __init__(self, size: int, n_blocks: int):
        self.size, self.n_blocks = size, n_blocks

    def __len__(self) -> int:
        return self.n_blocks

    def __getitem__(self, start: int) -> Tensor:
        return torch.arange(start, start + self.size)


class RankBlocks(DistributedSampler):
    """Deals blocks to ranks in turn, from the item that `first` names when the sampler is iterated.

    It deals without end where `endless` is set, else as many blocks as the data set counts. Epochs do not matter. It
    is a DistributedSampler so that Lightning leaves it in place.
    """

    def __init__(self, blocks: IndexBlocks, n_ranks: int, rank: int, first: Callable[[], int], endless: bool):
        super().__init__(blocks, num_replicas=n_ranks, rank=rank, shuffle=False)
        self.blocks = blocks
        self.first = first
        self.endless = endless

    def __len__(self) -> int:
        return len(self.blocks)

    def __iter__(self) -> Iterator[int]:
        first = self.first()
        steps = itertools.count() if self.endless else range(len(self))
        return (first + (step * self.num_replicas + self.rank) * self.blocks.size for step in steps)
