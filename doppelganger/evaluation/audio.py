"""Read a sound file as one channel at one rate."""

from pathlib import Path

import librosa
import numpy as np
import soundfile

from doppelganger.evaluation.task import UnusableClip


def read_mono(path: Path, sample_rate: int) -> np.ndarray:
    """The mean of a file's channels at `sample_rate`, float32 (samples,). Any format libsndfile reads.

    Raises:
        UnusableClip: the file is missing, is not sound, is empty, or holds NaN or infinity.
    """
    if not path.is_file():
        raise UnusableClip("no such file")
    try:
        samples, file_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise UnusableClip("not a readable sound file") from error
    if len(samples) == 0:
        raise UnusableClip("holds no samples")
    if not np.isfinite(samples).all():
        raise UnusableClip("holds NaN or infinite samples")
    mono = samples.mean(axis=1)
    if file_rate != sample_rate:
        mono = librosa.resample(mono, orig_sr=file_rate, target_sr=sample_rate, res_type="soxr_hq")
    if len(mono) == 0:
        raise UnusableClip(f"is shorter than one sample at {sample_rate} Hz")
    return mono
