"""Cut waveforms into windows. No other module does."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from torch import Tensor, nn


def windows_of(blocks: Iterable[np.ndarray], size: int, shortest: int | None = None) -> Iterator[np.ndarray]:
    """Cut a sound that arrives in blocks into windows side by side, the last one moved back to end at its end.

    Args:
        blocks: consecutive pieces of the sound, (n_samples,) each.
        size: length of a window, in samples. A shorter sound is one window of its own length.
        shortest: length to which a still shorter sound is padded with zeros, in samples; None for `size`.

    Yields:
        (n_windows, window): the windows that each block completes. Every sample is in at least one window.
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
        yield np.pad(rest, (0, max((shortest or size) - len(rest), 0)))[None]


def beginning(blocks: Iterable[np.ndarray], n_samples: int) -> np.ndarray:
    """At most the first `n_samples` of a sound that arrives in blocks, reading no more blocks than needed: (n,)."""
    pieces, n = [], 0
    for block in blocks:
        pieces.append(block)
        n += len(block)
        if n >= n_samples:
            break
    return np.concatenate(pieces)[:n_samples]


def starts_side_by_side(n_samples: int, size: int) -> list[int]:
    """Starts of windows side by side, the last one moved back to end at the sound's end; n_samples >= size."""
    starts = list(range(0, n_samples - size + 1, size))
    return [*starts, n_samples - size] if n_samples % size else starts


def starts_evenly_spaced(n_samples: int, size: int, n_windows: int) -> list[int]:
    """Starts of `n_windows` windows, the first at the sound's start, the last at its end; n_samples >= size."""
    return [i * (n_samples - size) // max(n_windows - 1, 1) for i in range(n_windows)]


def random_start(n_samples: int, size: int, generator: np.random.Generator) -> int:
    """Start of a random window, uniform over all that fit; 0 for a shorter sound."""
    return int(generator.integers(max(n_samples - size, 0) + 1))


def pad_end(waveform: Tensor, n_samples: int) -> Tensor:
    """Waveform (..., n) padded with zeros to at least `n_samples`."""
    return nn.functional.pad(waveform, (0, max(n_samples - waveform.shape[-1], 0)))


def pad_half_windows(waveform: Tensor, size: int) -> Tensor:
    """Waveform (..., n) between two halves of a window of zeros: a window that starts at t is centred on sample t."""
    return nn.functional.pad(waveform, (size // 2, size - size // 2))


def crop(waveform: Tensor, size: int, start: int = 0) -> Tensor:
    """One window of a waveform (..., n), padded with zeros where the waveform ends: (..., size)."""
    return pad_end(waveform[..., start : start + size], size)


def cut(waveform: Tensor, starts: Sequence[int], size: int) -> Tensor:
    """Windows of a waveform (..., n) from given starts: (..., n_windows, size)."""
    return waveform.unfold(-1, size, 1)[..., list(starts), :]
