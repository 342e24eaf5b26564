"""Independent measures of a sound: lines, slopes and resonances, each by a textbook method."""

import functools
import math

import numpy as np
from scipy import signal
from scipy.special import jv

SR = 16000
_N = 1 << 18


def steady(x: np.ndarray) -> np.ndarray:
    """The middle of a held note."""
    return x[round(0.1 * SR) : round(0.9 * SR)]


def lines(x: np.ndarray, hz: np.ndarray | list[float]) -> np.ndarray:
    """Amplitudes of steady sines at these frequencies."""
    window = signal.windows.blackmanharris(len(x))
    spectrum = np.abs(np.fft.rfft(window * x, _N)) * (2 / window.sum())
    return spectrum[np.round(np.asarray(hz) * _N / SR).astype(int)]


def waves(x: np.ndarray, sine_hz: float, rich_hz: float) -> dict[str, float]:
    """Shares of the power of a sine, a square and a saw; the last two by harmonics 3 and 4 of the same tone.

    A square has 4 / (pi k) of odd k; a saw 2 / (pi k) of all.
    """
    x = steady(x)
    sine, *harmonics = lines(x, [sine_hz, *np.arange(rich_hz, SR / 2, rich_hz)])
    saw = harmonics[3] * 2 * np.pi
    square = max(0.0, harmonics[2] * 3 - saw * 2 / np.pi) * np.pi / 4
    power = {"sine": sine**2 / 2, "square": square**2, "saw": saw**2 / 3}
    noise = np.mean(x**2) - power["sine"] - sum(a**2 for a in harmonics) / 2
    return {name: float(p / (sum(power.values()) + max(0.0, noise))) for name, p in power.items()}


@functools.cache
def sidebands(index: float, ratio: float, carrier_hz: float) -> dict[float, float]:
    """Amplitudes of ``sin(c t + index sin(m t))`` by frequency; what falls below 0 comes back upside down."""
    amplitude: dict[float, float] = {}
    for order in range(-24, 25):
        hz = carrier_hz * (1 + order * ratio)
        if 0.5 < abs(hz) < SR / 2:
            at = round(abs(hz), 3)
            amplitude[at] = amplitude.get(at, 0.0) + math.copysign(1, hz) * float(jv(order, index))
    return amplitude


def fm(x: np.ndarray, carrier_hz: float, indices: np.ndarray, ratios: np.ndarray) -> tuple[float, float]:
    """The index and the ratio, of those given, whose sidebands are most like those of a sound."""
    every = [(i, r, sidebands(i, r, carrier_hz)) for i in indices for r in ratios]
    at = sorted({hz for *_, theory in every for hz in theory})
    measured = dict(zip(at, lines(steady(x), at), strict=True))
    like = [
        sum(abs(a) * measured[hz] for hz, a in theory.items()) / np.linalg.norm(list(theory.values()))
        for *_, theory in every
    ]
    best = int(np.argmax(like))
    return every[best][0], every[best][1]


def peaks(x: np.ndarray, above: float = 0.03) -> np.ndarray:
    """Frequencies of the lines, the lowest first; those below a share of the strongest do not count."""
    hz = np.arange(20, SR / 2, 0.5)
    level = lines(x, hz)
    return hz[signal.find_peaks(level, height=above * level.max())[0]]


def t60(x: np.ndarray, hz: float) -> float:
    """Time in which what sounds near a frequency falls by 60 dB: a line through its log envelope, without its start."""
    smooth = signal.windows.blackmanharris(round(0.08 * SR))
    around = np.abs(np.convolve(x * np.exp(-2j * np.pi * hz / SR * np.arange(len(x))), smooth / smooth.sum(), "valid"))
    db = 20 * np.log10(around + 1e-9)
    db -= db[:800].max()
    first = min(np.flatnonzero(np.append(db, -99) < -20)[0], round(0.45 * SR))
    last = np.flatnonzero(np.append(db, -99) < -55)[0]
    slope = np.polyfit(np.arange(first, last) / SR, db[first:last], 1)[0]
    return float(-60 / slope)
