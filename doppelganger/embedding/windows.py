"""Windows: the only place that cuts a waveform."""

from collections.abc import Iterable, Iterator

import numpy as np


def windows_of(blocks: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cut a sound into windows side by side, the last one moved back to end where the sound ends.

    Args:
        blocks: the sound in pieces, (n_samples,) each. One shorter than a window is padded with zeros.
        size: of a window, in samples.

    Yields:
        windows (n_windows, size), those that a block fills; every sample is in one of them.
    """
    last = rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        n = len(rest) // size * size
        if n:
            last = rest[n - size : n]
            yield rest[:n].reshape(-1, size)
            rest = rest[n:]
    if len(rest) and len(last):
        yield np.concatenate([last, rest])[None, -size:]
    elif len(rest):
        yield np.pad(rest, (0, size - len(rest)))[None]
