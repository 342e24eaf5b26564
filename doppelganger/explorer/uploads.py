"""Sounds that a browser uploads: bounded in size and length, decoded in memory."""

import io

import numpy as np
import soundfile

MOST_BYTES = 16 << 20
MOST_SECONDS = 60.0
_LOWEST_HZ, _HIGHEST_HZ, _MOST_CHANNELS = 1000, 384000, 16


def decode(data: bytes, sample_rate: int, most_s: float = MOST_SECONDS) -> np.ndarray:
    """An uploaded sound file, mono float32 (n_samples,), resampled; the mean of its channels.

    Args:
        data: a file in any format that libsndfile reads.
        sample_rate: of the result, in Hz.
        most_s: longest sound, in seconds.

    Raises:
        ValueError: not a sound file, damaged, empty, too long, silent, or with NaN or infinite samples.
    """
    import soxr

    if len(data) > MOST_BYTES:
        raise ValueError(f"expected a file of at most {MOST_BYTES >> 20} MB; got {len(data) / 2**20:.1f} MB")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, channels, n = file.samplerate, file.channels, len(file)
            if not (_LOWEST_HZ <= rate <= _HIGHEST_HZ and 1 <= channels <= _MOST_CHANNELS):
                raise ValueError(f"expected a sound of {_LOWEST_HZ} Hz or more; got {rate} Hz, {channels} channels")
            if n > most_s * rate:
                raise ValueError(f"expected at most {most_s:g} s of sound; got {n / rate:.1f} s")
            sound = file.read(round(most_s * rate), dtype="float32", always_2d=True).mean(axis=1)
    except (soundfile.SoundFileError, TypeError, RuntimeError) as error:
        raise ValueError("expected a sound file, such as WAV, FLAC, OGG or MP3; this one cannot be read") from error
    if not len(sound):
        raise ValueError("expected a sound; the file holds no samples")
    if not np.isfinite(sound).all() or np.abs(sound).max() > 1e3:
        raise ValueError("expected samples between -1 and 1; some are NaN, infinite or huge")
    return sound if rate == sample_rate else soxr.resample(sound, rate, sample_rate).astype(np.float32)
