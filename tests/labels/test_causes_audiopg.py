"""Rules of AudioPG's clips: a pair on either side of every edge."""

import math

import numpy as np
import pytest
from scipy import signal

from synths.procedural import tones
from synths.procedural.audiopg import AudioPG
from tests.labels.causes_measures import SR, fm, lines, peaks
from tests.labels.causes_patches import Bench, Scale

SECONDS = 3.0
F0_HZ = 300.0
INDICES = np.geomspace(0.3, 9, 80)


def tone(number: int) -> dict[str, float]:
    """Which of the tones: harmonic, FM, saw, square."""
    return {"clip.mode": min(number, 2) + 0.5, "clip.wave": 1.5 if number == 3 else 0.5}


def middle(x: np.ndarray) -> np.ndarray:
    return x[SR : 2 * SR]


def n_partials(x: np.ndarray) -> float:
    return float(len(peaks(middle(x), 0.01)))


def index(x: np.ndarray) -> float:
    return fm(middle(x), F0_HZ, INDICES, np.array([2.5]))[0]


def ratio(x: np.ndarray) -> float:
    return fm(middle(x), F0_HZ, np.array([1.5]), np.array(tones.RATIOS))[1]


def lowpass_hz(x: np.ndarray) -> float:
    """Where harmonics of a saw of 55 Hz lie 3 dB lower than they should."""
    k = np.arange(1, 81)
    gain = k * lines(middle(x), k * 55.0)
    return 55 * float(np.append(np.flatnonzero(gain < math.sqrt(0.5) * gain[0]), 81)[0] + 0.5)


def noise_s(x: np.ndarray) -> float:
    """How long there is more above 4 kHz than at the start."""
    high = np.square(signal.sosfilt(signal.butter(8, 4000, "high", fs=SR, output="sos"), x))
    smooth = np.convolve(high, np.ones(48) / 48, "same")
    return float((smooth > 0.1 * smooth.max()).sum() / SR) if smooth.max() > 1e-2 else 0.0


def waveform(x: np.ndarray) -> float:
    """0 few lines, 1 lines at odd multiples of 0.5 f0, 2 a saw, 3 a square: by which lines there are."""
    found = peaks(middle(x), 0.02) / F0_HZ
    if (abs(found - found.round()) > 0.1).any():
        return 1
    if (found.round() % 2 == 1).all():
        return 3
    return 2 if len(found) > 12 else 0


BURST = {"clip.burst": 2.5, **tone(0)}
CLIP = Bench(
    AudioPG(seconds=SECONDS),
    {
        "clip.f0": F0_HZ, "clip.n_partials": 4.5, "clip.index": 1.5, "clip.ratio": 4.5, "clip.burst": 0.5,
        "clip.burst_place": 0.5, "clip.burst_gain": 2, "clip.burst_duration": 0.05, "clip.lowpass": 0.5,
        "clip.noise": 0.001, "clip.n_events": 0.5, "event_1.duration": 1, "event_1.cut": 0, "event_1.place": 0,
        **{f"partial_{k}.decay": 0.5 for k in range(1, 16)}, **tone(0),
    },
    {
        **{
            f"n {source}": Scale(lambda v, i=i: tone(i if v else (i + 1) % 4), lambda x, i=i: waveform(x) == i, (0, 1))
            for i, source in enumerate(tones.SOURCES)
        },
        "n burst": Scale(lambda v: BURST | {"clip.burst": 2.5 if v else 0.5}, noise_s, (0, 1)),
        "n_events": Scale(lambda v: {"clip.n_events": v - 0.5}, None, (1, 2, 3, 4, 5)),
        "n_partials": Scale(
            lambda v: tone(0) | {"clip.n_partials": v - 2.5}, n_partials, tuple(range(3, 16)), near=0.5,
            absent=tone(3),
        ),
        "burst_s": Scale(
            lambda v: BURST | {"clip.burst_duration": v}, noise_s, (0.012, 0.095), 1.2, 1.2, True, absent=tone(0)
        ),
        "fm_index": Scale(
            lambda v: tone(1) | {"clip.index": v}, index, (0.55, 7.5), 1.15, 1.1, True, absent=tone(2)
        ),
        "fm_ratio": Scale(
            lambda v: tone(1) | {"clip.ratio": tones.RATIOS.index(v) + 0.5}, ratio, tones.RATIOS, near=0.01
        ),
        "lowpass_hz": Scale(
            lambda v: tone(2) | {"clip.f0": 55, "clip.lowpass": 5.5, "clip.cutoff": v}, lowpass_hz, (210, 2600), 1.2,
            1.2, True, absent=tone(2) | {"clip.f0": 55},
        ),
    },
)  # fmt: skip


@pytest.mark.parametrize("pair", CLIP.pairs, ids=str)
def test_a_rule_separates_two_sides_of_its_edge(pair):
    CLIP.check(pair)
