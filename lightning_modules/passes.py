"""The order in which a training goes through its recordings."""

import itertools
from collections.abc import Callable, Iterator, Sized

from torch.utils.data import DistributedSampler


class Passes(DistributedSampler):
    """Deals clips to ranks, pass after pass through all of them, each in an order of its own.

    A pass leaves out the last clips of its order where they would make a smaller batch, which might be one clip and a
    batch norm of one. The number of a clip is `pass * len(clips) + clip`. Epochs do not matter. It is a
    DistributedSampler so that Lightning leaves it in place.

    Args:
        clips: data set, of which this rank takes its share.
        batch_size: clips a step on each device.
        n_ranks, rank: number of devices, and which one this is.
        seed: seed for the orders.
        first: how many clips, over all ranks, training has taken; asked when the sampler is iterated.
    """

    def __init__(self, clips: Sized, batch_size: int, n_ranks: int, rank: int, seed: int, first: Callable[[], int]):
        super().__init__(clips, num_replicas=n_ranks, rank=rank, shuffle=True, seed=seed)  # pyright: ignore
        self.n_clips = len(clips)
        self.n_dealt = self.num_samples // batch_size * batch_size or self.num_samples
        self.first = first

    def __len__(self) -> int:
        return self.n_dealt

    def __iter__(self) -> Iterator[int]:
        return itertools.islice(self._from(self.first() // self.num_replicas), self.n_dealt)

    def _from(self, taken: int) -> Iterator[int]:
        number, skipped = divmod(taken, self.n_dealt)
        for each in itertools.count(number):
            self.set_epoch(each)
            order = list(super().__iter__())[skipped : self.n_dealt]
            yield from (each * self.n_clips + clip for clip in order)
            skipped = 0
