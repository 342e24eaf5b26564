"""The pitch of a sound near an expected one: the peak of a spectrum."""

import numpy as np

_N_FFT = 1 << 18


def cents_off(sound, sample_rate: int, expected_hz: float) -> float:
    """Distance in cents of the strongest partial within a third of `expected_hz` from it."""
    spectrum = np.abs(np.fft.rfft(np.asarray(sound, dtype=np.float64) * np.hanning(len(sound)), _N_FFT))
    hz = np.arange(len(spectrum)) * sample_rate / _N_FFT
    near = np.where((hz > expected_hz * 0.75) & (hz < expected_hz * 1.33), spectrum, 0)
    assert near.max() > 1e-3 * spectrum.max(), "no partial there"
    return 1200 * np.log2(hz[near.argmax()] / expected_hz)


def hz(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)
