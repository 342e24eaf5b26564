"""Sounds and images as data URIs, to embed in a page."""

import io

import numpy as np
import soundfile
import soxr
from matplotlib.image import imsave

from synths.files.data_uri import data_uri

_SAMPLE_RATE = 16000  # Hz
# The smallest format that every browser plays: 2 s take about 7 kB.
_SOUND = {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.7}


def sound_uri(waveform: np.ndarray, sample_rate: int) -> str:
    """A mono sound (n_samples,) as an MP3 data URI at 16 kHz."""
    waveform = soxr.resample(np.asarray(waveform, dtype=np.float32), sample_rate, _SAMPLE_RATE)
    file = io.BytesIO()
    soundfile.write(file, waveform.clip(-1, 1), _SAMPLE_RATE, **_SOUND)
    return data_uri("audio/mpeg", file.getvalue())


def spectrogram_uri(spectrogram: np.ndarray, low: float, high: float) -> str:
    """A spectrogram (n_bands, n_frames), one pixel per value, dark at `low` and bright at `high`, as a PNG data URI."""
    file = io.BytesIO()
    imsave(file, spectrogram, vmin=low, vmax=high, cmap="magma", origin="lower", format="png")
    return data_uri("image/png", file.getvalue())
