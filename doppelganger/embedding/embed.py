"""Listening: sounds of any length in, one embedding a sound and one a frame out."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.windows import windows_of
from doppelganger.encoders import Encoder

_BATCH = 128  # windows
_READERS = 4
# What is read before it is needed, which bounds the memory: of so many sounds, so many blocks each.
_SOUNDS_AHEAD, _BLOCKS_AHEAD = 32, 8

Name = TypeVar("Name")
Result = TypeVar("Result")


@dataclass
class ClipEmbeddings(Generic[Name]):
    """What encoders made of a sound.

    Args:
        name: of the sound.
        windows: for each window heard, for each encoder, its embedding (dim,) and frames (n_frames, dim).
        error: why the sound could not be used, if so; its windows are then not all there.
    """

    name: Name
    windows: list[list[tuple[Tensor, Tensor]]] = field(default_factory=list)
    error: UnusableClip | None = None

    def mean(self, encoder: int = 0) -> np.ndarray:
        """The mean over the windows, float32 (dim,)."""
        return torch.stack([window[encoder][0] for window in self.windows]).mean(dim=0).numpy()

    def frames(self, encoder: int = 0) -> np.ndarray:
        """The frames of all windows in order, float32 (n_frames, dim)."""
        return torch.cat([window[encoder][1] for window in self.windows]).numpy()


def embed_clips(
    encoders: Sequence[Encoder],
    sounds: Iterable[tuple[Name, Iterable[np.ndarray]]],
    device: str | torch.device = "cpu",
) -> Iterator[ClipEmbeddings[Name]]:
    """Let encoders hear sounds, the windows of several together, in bounded memory.

    Args:
        encoders: all hear windows of the same length.
        sounds: a name and the waveform in pieces, mono (n_samples,), at the encoders' rate; see `windows_of`.
        device: where the encoders are.

    Yields:
        what was heard of each sound, in order; one whose pieces raise `UnusableClip` says so.

    Raises:
        ValueError: encoders that hear windows of different lengths.
    """
    sizes = {encoder.window for encoder in encoders}
    if len(sizes) != 1:
        raise ValueError(f"expected encoders that hear windows of one length; got {sorted(sizes)} samples")
    (size,) = sizes
    sounding: deque[tuple[ClipEmbeddings[Name], int]] = deque()  # not all heard yet, with their number of windows
    waiting: list[tuple[ClipEmbeddings[Name], np.ndarray]] = []

    def hear() -> None:
        batch = torch.from_numpy(np.stack([window for _, window in waiting[:_BATCH]])).to(device)
        with torch.inference_mode():
            embeddings = [[x.float().cpu() for x in encoder.embed_with_frames(batch)] for encoder in encoders]
        for i, (heard, _) in enumerate(waiting[:_BATCH]):
            heard.windows.append([(mean[i], frames[i]) for mean, frames in embeddings])
        del waiting[:_BATCH]

    for name, blocks in sounds:
        heard, n_windows = ClipEmbeddings(name), 0
        try:
            for windows in windows_of(blocks, size):
                n_windows += len(windows)
                waiting += [(heard, window) for window in windows]
                while len(waiting) >= _BATCH:
                    hear()
        except UnusableClip as error:
            heard.error = error
        sounding.append((heard, n_windows))
        while sounding and (sounding[0][0].error or len(sounding[0][0].windows) == sounding[0][1]):
            yield sounding.popleft()[0]
    while waiting:
        hear()
    yield from (heard for heard, _ in sounding)


def ahead(read: Callable[[Name], Iterable[np.ndarray]], names: Iterable[Name]) -> Iterator[tuple[Name, Iterable]]:
    """Each name with its sound's blocks, the beginnings of the next ones read in parallel meanwhile."""

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
