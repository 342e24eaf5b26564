"""What others measure on a sound: lines, slopes and resonances, each by a textbook's method."""

import math

import librosa
import numpy as np
from scipy import signal
from scipy.special import jv

SR = 16000


def line(x: np.ndarray, hz: float) -> float:
    """Amplitude of a steady sine at this frequency."""
    window = signal.windows.blackmanharris(len(x))
    turns = np.exp(-2j * np.pi * hz / SR * np.arange(len(x)))
    return 2 * abs(np.sum(window * x * turns)) / window.sum()


def steady(x: np.ndarray) -> np.ndarray:
    """The middle of a held note."""
    return x[round(0.1 * SR) : round(0.9 * SR)]


def waves(x: np.ndarray, sine_hz: float, rich_hz: float) -> dict[str, float]:
    """Shares of the power of a sine, a square and a saw; the last two by harmonics 3 and 4 of the same tone.

    A square has 4 / (pi k) of odd k; a saw 2 / (pi k) of all.
    """
    x = steady(x)
    harmonics = [line(x, k * rich_hz) for k in range(1, int(SR / 2 / rich_hz))]
    saw = harmonics[3] * 2 * np.pi
    square = max(0.0, harmonics[2] * 3 - saw * 2 / np.pi) * np.pi / 4
    power = {"sine": line(x, sine_hz) ** 2 / 2, "square": square**2, "saw": saw**2 / 3}
    noise = np.mean(x**2) - power["sine"] - sum(a**2 for a in harmonics) / 2
    return {name: p / (sum(power.values()) + max(0.0, noise)) for name, p in power.items()}


def sidebands(index: float, ratio: float, carrier_hz: float) -> dict[float, float]:
    """Amplitudes of ``sin(c t + index sin(m t))`` by frequency; what falls below 0 comes back upside down."""
    lines: dict[float, float] = {}
    for order in range(-24, 25):
        hz = carrier_hz * (1 + order * ratio)
        at = round(abs(hz), 3)
        lines[at] = lines.get(at, 0.0) + math.copysign(1, hz) * float(jv(order, index))
    return {hz: amplitude for hz, amplitude in lines.items() if hz < SR / 2}


def fm(x: np.ndarray, carrier_hz: float, indices: np.ndarray, ratios: np.ndarray) -> tuple[float, float]:
    """The index and the ratio, of those given, whose sidebands are most like those of a sound."""
    x = steady(x)
    every = [(index, ratio, sidebands(index, ratio, carrier_hz)) for index in indices for ratio in ratios]
    measured = {hz: line(x, hz) for hz in sorted({hz for *_, lines in every for hz in lines})}
    total = math.sqrt(sum(a**2 for a in measured.values()))
    like = [sum(abs(a) * measured[hz] for hz, a in lines.items()) / np.linalg.norm(list(lines.values())) / total
            for *_, lines in every]
    best = int(np.argmax(like))
    return every[best][0], every[best][1]
