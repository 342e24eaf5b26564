"""Read sound files of any length, format, rate and number of channels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

_BLOCK_S = 5.0  # length of the piece of a file held in memory


class UnusableClip(ValueError):
    """A clip that cannot be embedded, with the reason: missing, corrupt, empty, NaN."""


def read_blocks(path: Path, sample_rate: int) -> Iterator[np.ndarray]:
    """A sound file from start to end, a few seconds at a time, whatever its length.

    Args:
        path: any format libsndfile reads.
        sample_rate: sample rate of the blocks, in Hz; the file is resampled.

    Yields:
        mono float32 (n_samples,), the mean of the channels; together at least one sample.

    Raises:
        UnusableClip: the file is missing, is not sound, is empty, or holds NaN or infinity.
    """
    if not path.is_file():
        raise UnusableClip("no such file")
    n_samples = 0
    try:
        with soundfile.SoundFile(path) as file:
            for block in _resampled(file, sample_rate):
                if not np.isfinite(block).all():
                    raise UnusableClip("holds NaN or infinite samples")
                n_samples += len(block)
                yield block
            length_s = file.tell() / file.samplerate
    except (soundfile.SoundFileError, OSError) as error:
        raise UnusableClip("not a readable sound file") from error
    if n_samples == 0:
        raise UnusableClip(f"is shorter than one sample at {sample_rate} Hz" if length_s else "holds no samples")


def read_mono(path: Path, sample_rate: int) -> np.ndarray:
    """A whole file, mono float32 (n_samples,); see `read_blocks`."""
    return np.concatenate(list(read_blocks(path, sample_rate)))


def _resampled(file: soundfile.SoundFile, sample_rate: int) -> Iterator[np.ndarray]:
    resampler = soxr.ResampleStream(file.samplerate, sample_rate, num_channels=1, dtype="float32", quality="HQ")
    n = round(_BLOCK_S * file.samplerate)
    last = False
    while not last:
        mono = file.read(n, dtype="float32", always_2d=True).mean(axis=1)
        last = len(mono) < n
        # The filter would spread a NaN over the whole block: yield such a block unfiltered, to be refused.
        finite = file.samplerate != sample_rate and np.isfinite(mono).all()
        block = resampler.resample_chunk(mono, last=last) if finite else mono
        if len(block):
            yield block
