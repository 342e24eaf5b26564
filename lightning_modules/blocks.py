"""Blocks of items' numbers, dealt to ranks."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset, DistributedSampler


class IndexBlocks(Dataset):
    """Block b holds the items b * size to (b + 1) * size - 1 after `first`."""

    def __init__(self, first: int, size: int, n_blocks: int):
        self.first, self.size, self.n_blocks = first, size, n_blocks

    def __len__(self) -> int:
        return self.n_blocks

    def __getitem__(self, block: int) -> Tensor:
        start = self.first + block * self.size
        return torch.arange(start, start + self.size)


class RankBlocks(DistributedSampler):
    """Deals blocks to ranks in turn; with `endless`, every epoch deals blocks never seen before.

    It is a DistributedSampler so that Lightning tells it the epoch and leaves it in place.
    """

    def __init__(self, blocks: IndexBlocks, n_ranks: int, rank: int, endless: bool):
        super().__init__(blocks, num_replicas=n_ranks, rank=rank, shuffle=False)
        self.n_steps = len(blocks)
        self.endless = endless

    def __len__(self) -> int:
        return self.n_steps

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.n_steps if self.endless else 0
        return (step * self.num_replicas + self.rank for step in range(first, first + self.n_steps))
