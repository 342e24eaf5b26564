"""Independent measures of facts, by numpy, scipy and librosa."""

import math
from collections.abc import Callable

import librosa
import numpy as np
from scipy import signal

SR = 16000


def rms_db(x: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(x[np.flatnonzero(x)[0] :] ** 2)))


def envelope(x: np.ndarray) -> np.ndarray:
    """Amplitude by Hilbert transform, smoothed over 10 ms."""
    smooth = np.convolve(np.abs(signal.hilbert(x)), np.ones(160) / 160, mode="same")
    return smooth / smooth.max()


def crossing_s(x: np.ndarray, level: float, last: bool = False) -> float:
    above = np.flatnonzero(envelope(x) >= level)
    return above[-1 if last else 0] / SR


def attack(x: np.ndarray) -> float:
    return crossing_s(x, 0.9) - crossing_s(x, 0.1)


def decay(x: np.ndarray) -> float:
    """nan if the sound is still audible at the end."""
    if envelope(x)[-800:-80].min() > 0.1:
        return math.nan
    return crossing_s(x, 0.1, last=True) - crossing_s(x, 0.9, last=True)


def length(x: np.ndarray) -> float:
    return crossing_s(x, 0.1, last=True) - crossing_s(x, 0.1)


def sustain(x: np.ndarray) -> float:
    audible = envelope(x)[round(crossing_s(x, 0.1) * SR) : round(crossing_s(x, 0.1, last=True) * SR)]
    return float(audible.mean())


def swell(x: np.ndarray) -> float:
    smooth = np.convolve(envelope(x), np.ones(400) / 400, mode="same")
    return (np.argmax(smooth) / SR - crossing_s(x, 0.1)) / length(x)


def n_attacks(x: np.ndarray) -> float:
    slope = np.gradient(np.convolve(envelope(x), np.ones(800) / 800, "same"))
    return float(len(signal.find_peaks(slope, height=2e-4, distance=800)[0]))


def crossings(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of one sine: the times between zero crossings that rise, and Hz from each to the next."""
    up = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0) & (envelope(x)[1:] > 0.1))
    exact = up - x[up] / (x[up + 1] - x[up])
    return (exact[1:] + exact[:-1]) / 2 / SR, SR / np.diff(exact)


def pitch(x: np.ndarray) -> float:
    """By zero crossings for one sine, else by pyin within two octaves around yin; nan if too short."""
    hz = crossings(x)[1]
    if len(hz) and np.std(hz) < 0.05 * np.median(hz):
        return float(np.median(hz))
    if len(audible(x)) < 2048:
        return math.nan
    # Periods of a few samples need a higher sample rate.
    finer = 4 if np.median(hz) > 700 else 1
    some = {"y": signal.resample_poly(audible(x), finer, 1), "sr": SR * finer, "frame_length": 2048 * finer}
    rough = np.median(librosa.yin(fmin=25, fmax=6000, center=False, **some))
    low, high = rough / 2.2, rough * 2.2
    tracked, voiced, _ = librosa.pyin(fmin=low, fmax=high, hop_length=1024 * finer, max_transition_rate=20, **some)
    return float(np.median(tracked[voiced] if voiced.any() else hz))


def semitones(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t, hz = crossings(x)
    return t, 12 * np.log2(hz)


def glide(x: np.ndarray) -> float:
    _, pitch = semitones(x)
    return pitch[-3] - pitch[2]


def of_rate(x: np.ndarray) -> float:
    """Rate of a slow wave, by the largest bin of a long spectrum."""
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(len(x)), 1 << 17)) ** 2
    return np.argmax(power) * SR / (1 << 17)


def vibrato_rate(x: np.ndarray) -> float:
    t, pitch = semitones(x)
    return of_rate(np.interp(np.arange(t[0], t[-1], 1 / SR), t, pitch))


def tremolo(x: np.ndarray) -> float:
    audible = envelope(x)[round(0.2 * SR) : -800]
    return np.std(audible) / audible.mean() * math.sqrt(2)


def spectrum(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    some = audible(x)
    hz, power = signal.welch(some, SR, nperseg=min(4096, len(some)))
    return hz, power / power.sum()


def share(low: float, high: float) -> Callable[[np.ndarray], float]:
    """Of the power between two frequencies."""

    def of(x: np.ndarray) -> float:
        hz, power = spectrum(x)
        return power[(hz >= low) & (hz < high)].sum()

    return of


def audible(x: np.ndarray) -> np.ndarray:
    """From where it comes within 20 dB of its peak to where it last is."""
    loud = np.flatnonzero(envelope(x) > 0.1)
    return x[loud[0] : loud[-1]]


def centroid(x: np.ndarray) -> float:
    some = audible(x)
    hz = librosa.feature.spectral_centroid(y=some, sr=SR, n_fft=min(1024, len(some)), center=False)[0]
    return float(np.median(hz))


def octaves(x: np.ndarray) -> float:
    hz = librosa.feature.spectral_centroid(y=audible(x), sr=SR)[0]
    return np.log2(hz[-4] / hz[3])


def repeats(x: np.ndarray) -> float:
    """How much one period is like the next: the best correlation of the sound and itself, once that has fallen."""
    x = audible(x)
    power = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
    likeness = np.fft.irfft(power)[:340] / np.sum(x**2) * len(x) / np.arange(len(x), len(x) - 340, -1)
    fallen = np.argmax(likeness < 0)
    return float(likeness[fallen:].max())


def in_lines(x: np.ndarray) -> float:
    """Share of the power that is far above the middle of its surroundings."""
    _, power = spectrum(x)
    floor = signal.medfilt(power, 129)
    return float(np.where(power > 20 * floor, power, 0).sum())


def overtones(x: np.ndarray) -> float:
    hz, power = spectrum(x)
    first = np.abs(hz - pitch(x)) < 16
    return 10 * math.log10(power[~first].sum() / power[first].sum())


def even(x: np.ndarray) -> float:
    hz, power = spectrum(x)
    first = pitch(x)
    levels = [power[np.abs(hz - k * first) < 16].sum() for k in range(2, 8)]
    return 10 * math.log10(sum(levels[::2]) / sum(levels[1::2]))


MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "level_db": rms_db,
    "onset_s": lambda x: crossing_s(x, 0.1),
    "attack_s": attack,
    "decay_s": decay,
    "length_s": length,
    "sustain": sustain,
    "n_attacks": n_attacks,
    "swell": swell,
    "brightness_hz": centroid,
    "bandwidth_hz": lambda x: np.median(librosa.feature.spectral_bandwidth(y=x, sr=SR, n_fft=1024)[0]),
    "bass_share": share(0, 250),
    "treble_share": share(4000, SR),
    "tonal_share": in_lines,
    "brightening": octaves,
    "pitch_hz": pitch,
    "harmonicity": repeats,
    "glide": glide,
    "glide_rate": lambda x: np.polyfit(*semitones(x), 1)[0],
    "vibrato": lambda x: np.std(semitones(x)[1]) * math.sqrt(2),
    "vibrato_hz": vibrato_rate,
    "tremolo": tremolo,
    "tremolo_hz": lambda x: of_rate(envelope(x)[round(0.2 * SR) : -800]),
    "overtones_db": overtones,
    "even_db": even,
    "noise_share": lambda x: 1 - repeats(x),
    "inharmonicity": lambda x: 1 - repeats(x),
}
