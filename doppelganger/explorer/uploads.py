"""Sounds that a browser uploads: bounded in size, type and length, decoded in memory."""

import io

import numpy as np
import soundfile
import soxr

MOST_BYTES, MOST_SECONDS = 16 << 20, 60.0
FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "W64", "RF64")
_HZ, _MOST_CHANNELS, _LARGEST = (1000, 192000), 8, 1e3
_BLOCK = 1 << 18  # samples of each channel held at a time


def decode(data: bytes, sample_rate: int) -> np.ndarray:
    """An uploaded sound file, mono float32 (n_samples,), resampled; the mean of its channels.

    Args:
        data: a file in one of `FORMATS`.
        sample_rate: of the result, in Hz.

    Raises:
        ValueError: not a sound file, of another format, damaged, empty, too long, or samples that are no sound.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"expected a file of at most {MOST_BYTES >> 20} MB; got {len(data) / 2**20:.1f} MB")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, n = file.samplerate, len(file)
            _require_bounded(file)
            blocks = [block.mean(axis=1) for block in file.blocks(_BLOCK, frames=n, dtype="float32", always_2d=True)]
    except (soundfile.SoundFileError, TypeError, RuntimeError) as error:
        raise ValueError("expected a sound file, such as WAV, FLAC, OGG or MP3; this one cannot be read") from error
    sound = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if not len(sound):
        raise ValueError("expected a sound; the file holds no samples")
    if not np.isfinite(sound).all() or np.abs(sound).max() > _LARGEST:
        raise ValueError("expected samples between -1 and 1; some are NaN, infinite or huge")
    return sound if rate == sample_rate else soxr.resample(sound, rate, sample_rate).astype(np.float32)


def _require_bounded(file: soundfile.SoundFile) -> None:
    if file.format not in FORMATS:
        raise ValueError(f"expected a file of the format {', '.join(FORMATS)}; got {file.format}")
    if not _HZ[0] <= file.samplerate <= _HZ[1]:
        raise ValueError(f"expected a sample rate of {_HZ[0]} to {_HZ[1]} Hz; got {file.samplerate} Hz")
    if file.channels > _MOST_CHANNELS:
        raise ValueError(f"expected at most {_MOST_CHANNELS} channels; got {file.channels}")
    if len(file) > MOST_SECONDS * file.samplerate:
        raise ValueError(f"expected at most {MOST_SECONDS:g} s of sound; got {len(file) / file.samplerate:.1f} s")
