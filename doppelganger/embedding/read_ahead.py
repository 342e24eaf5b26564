"""Read the next sounds in threads while one is embedded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

import numpy as np

from doppelganger.embedding.audio import UnusableClip

_READERS = 4
# They bound the memory: so many sounds, and so many blocks of each.
_SOUNDS_AHEAD, _BLOCKS_AHEAD = 32, 8

Name = TypeVar("Name")
Result = TypeVar("Result")


def ahead(read: Callable[[Name], Iterable[np.ndarray]], names: Iterable[Name]) -> Iterator[tuple[Name, Iterable]]:
    """Each name with the blocks of its sound, while threads read the first blocks of the next sounds."""

    def begin(name: Name) -> tuple[Name, Iterable]:
        try:
            blocks = iter(read(name))
            return name, chain(list(islice(blocks, _BLOCKS_AHEAD)), blocks)
        except UnusableClip as error:
            return name, _failing(error)

    return in_threads(begin, names)


def in_threads(function: Callable[[Name], Result], items: Iterable[Name]) -> Iterator[Result]:
    """`map` in parallel threads, in order, a bounded number of items ahead."""
    items = iter(items)
    with ThreadPoolExecutor(_READERS) as pool:
        waiting = deque(pool.submit(function, item) for item in islice(items, _SOUNDS_AHEAD))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(function, item) for item in islice(items, 1))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def _failing(error: UnusableClip) -> Iterator[np.ndarray]:
    raise error
    yield
