"""Every tag rule has a sound on either side of its edges, made with numpy, on which an independent measure agrees."""

import math
from collections.abc import Callable

import librosa
import numpy as np
import pytest
import torch
from scipy import signal

from doppelganger.labels.listener import Listener
from doppelganger.labels.tags import shared_rules

SR, SECONDS = 16000, 3.0
T = np.arange(round(SR * SECONDS)) / SR
RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal(len(T)) * 0.2


def tone(hz=440.0, levels=(1.0,), at=T) -> np.ndarray:
    return 0.3 * sum(
        level * np.sin(2 * np.pi * hz * k * at + k) for k, level in enumerate(levels, 1) if hz * k < SR / 2
    )


def swept(semitones: np.ndarray, hz=440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * np.cumsum(hz * 2 ** (semitones / 12)) / SR)


def rms_db(x: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean(x**2)))


def envelope(x: np.ndarray) -> np.ndarray:
    """Amplitude by Hilbert transform, smoothed over 10 ms."""
    smooth = np.convolve(np.abs(signal.hilbert(x)), np.ones(160) / 160, mode="same")
    return smooth / smooth.max()


def crossing_s(x: np.ndarray, level: float, last: bool = False) -> float:
    above = np.flatnonzero(envelope(x) >= level)
    return above[-1 if last else 0] / SR


def pitch(x: np.ndarray) -> np.ndarray:
    """By zero crossings that rise: Hz between each two of them, of one sine."""
    up = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    exact = up - x[up] / (x[up + 1] - x[up])
    return SR / np.diff(exact)


def spectrum(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    hz, power = signal.welch(x, SR, nperseg=4096)
    return hz, power / power.sum()


def level_at(x: np.ndarray, hz: float) -> float:
    f, power = spectrum(x)
    return power[np.abs(f - hz) < 12].sum()


def of_rate(x: np.ndarray) -> float:
    """Rate of a slow wave, by the largest bin of a long spectrum."""
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(len(x)), 1 << 17)) ** 2
    return np.argmax(power) * SR / (1 << 17)


def octaves(x: np.ndarray) -> float:
    centroid = librosa.feature.spectral_centroid(y=x, sr=SR)[0]
    return np.log2(centroid[-4] / centroid[3])


def centroid(x: np.ndarray) -> float:
    return float(np.median(librosa.feature.spectral_centroid(y=x, sr=SR, n_fft=1024)[0]))


def autocorrelation(x: np.ndarray) -> float:
    """Of a tone of 200 Hz: how much one period is like the next."""
    return float(np.corrcoef(x[:-80], x[80:])[0, 1])


def harmonics(even: float) -> np.ndarray:
    return tone(300, (1, even, 0.3, even, 0.3, even, 0.3))


def fall(seconds_to_20db: float) -> np.ndarray:
    return tone() * 10 ** (-T / seconds_to_20db)


def knocks(n: float) -> np.ndarray:
    return tone(600) * (T * 5 % 1 < 0.4) * (n > T * 5)


def mixed(share: float) -> np.ndarray:
    """A tone of 200 Hz, and white noise of a share of the power."""
    clean = tone(200, (1, 1, 1, 1))
    return clean / clean.std() * math.sqrt(max(1 - share, 0)) * 0.2 + NOISE * math.sqrt(share)


def two(share: float, hz: float, other_hz: float) -> np.ndarray:
    return 0.4 * (
        math.sqrt(share) * np.sin(2 * np.pi * hz * T) + math.sqrt(1 - share) * np.sin(2 * np.pi * other_hz * T)
    )


LINES = (1143, 1731, 2387, 2741, 3113, 3671, 4219, 4597, 5153, 5741, 6337, 6871)


def clang(share: float) -> np.ndarray:
    """A part that repeats with 200 Hz, and lines that do not, by their share of the power."""
    lines = sum(np.sin(2 * np.pi * hz * T + hz) for hz in LINES) / math.sqrt(len(LINES))
    return 0.1 * (math.sqrt(1 - share) * np.sin(2 * np.pi * 200 * T) + math.sqrt(share) * lines)


def sounding_s(x: np.ndarray) -> float:
    """Length of a tone that is switched on and off, its own zero crossings made up for."""
    there = np.abs(x) > 0.03
    return float(np.sum(there) / np.mean(there[np.abs(x) > 0]) / SR)


def n_rises(x: np.ndarray) -> float:
    slope = np.gradient(np.convolve(envelope(x), np.ones(800) / 800, "same"))
    return float(len(signal.find_peaks(slope, height=2e-4, distance=800)[0]))


def vibrato_rate(x: np.ndarray) -> float:
    hz = pitch(x)
    return of_rate(np.interp(T, np.linspace(0, T[-1], len(hz)), hz))


def even_against_odd(x: np.ndarray) -> float:
    even, odd = (sum(level_at(x, 300 * k) for k in some) for some in ((2, 4, 6), (3, 5, 7)))
    return 10 * math.log10(even / odd)


def never_repeats(x: np.ndarray) -> float:
    return 1 - max(np.corrcoef(x[:-lag], x[lag:])[0, 1] for lag in range(3, 340))


def pair(half_apart_hz: float) -> np.ndarray:
    at = 2 * np.pi * T
    return (
        0.2 * (np.sin((3000 - half_apart_hz) * at) + np.sin((3000 + half_apart_hz) * at)) * signal.windows.tukey(len(T))
    )


# Fact -> (a sound with that much of it, a measure of it from elsewhere).
MAKERS: dict[str, tuple[Callable[[float], np.ndarray], Callable[[np.ndarray], float]]] = {
    "level_db": (lambda v: tone() / tone().std() * 10 ** (v / 20), rms_db),
    "onset_s": (lambda v: tone() * (v <= T), lambda x: crossing_s(x, 0.1)),
    "attack_s": (
        lambda v: tone() * (T / (v / 0.8)).clip(0, 1),
        lambda x: crossing_s(x, 0.9) - crossing_s(x, 0.1),
    ),
    "decay_s": (fall, lambda x: crossing_s(x, 0.1, last=True) - crossing_s(x, 0.9, last=True)),
    "length_s": (lambda v: tone() * ((T >= 0.1) & (0.1 + v > T)), sounding_s),
    "sustain": (lambda v: tone() * np.where(T < 0.2, 1.0, v), lambda x: envelope(x).mean()),
    "n_attacks": (knocks, n_rises),
    "brightness_hz": (lambda v: tone(v), centroid),
    "bass_share": (lambda v: two(v, 150, 1000), lambda x: spectrum(x)[1][spectrum(x)[0] < 250].sum()),
    "treble_share": (lambda v: two(v, 5000, 1000), lambda x: spectrum(x)[1][spectrum(x)[0] >= 4000].sum()),
    "brightening": (lambda v: swept(12 * v * T / T[-1], 700), octaves),
    "pitch_hz": (lambda v: tone(v), of_rate),
    "glide": (lambda v: swept(v * T / T[-1]), lambda x: 12 * np.log2(pitch(x)[-1] / pitch(x)[0])),
    "vibrato": (
        lambda v: swept(v * np.sin(2 * np.pi * 5.5 * T)),
        lambda x: np.std(12 * np.log2(pitch(x) / 440)) * math.sqrt(2),
    ),
    "vibrato_hz": (lambda v: swept(0.7 * np.sin(2 * np.pi * v * T)), vibrato_rate),
    "tremolo": (
        lambda v: tone() * (1 + v * np.sin(2 * np.pi * 5 * T)) / 2,
        lambda x: np.std(envelope(x)) / envelope(x).mean() * math.sqrt(2),
    ),
    "tremolo_hz": (lambda v: tone() * (1 + 0.4 * np.sin(2 * np.pi * v * T)) / 2, lambda x: of_rate(envelope(x))),
    "overtones_db": (
        lambda v: tone(440, (1, 10 ** (v / 20))),
        lambda x: 10 * math.log10(level_at(x, 880) / level_at(x, 440)),
    ),
    "even_db": (lambda v: harmonics(0.3 * 10 ** (v / 20)), even_against_odd),
    "noise_share": (mixed, lambda x: 1 - autocorrelation(x)),
    "harmonicity": (lambda v: mixed(1 - v), autocorrelation),
    "inharmonicity": (lambda v: clang(min(v / 0.55, 1)), never_repeats),
    "bandwidth_hz": (pair, lambda x: float(np.median(librosa.feature.spectral_bandwidth(y=x, sr=SR, n_fft=1024)[0]))),
}

# How far from an edge a pair of sounds lies: what windows and hops blur, and how far the independent measure may err.
RATIOS = {"attack_s": 1.6, "decay_s": 1.5, "length_s": 1.3, "vibrato_hz": 1.12, "tremolo_hz": 1.12, "pitch_hz": 1.012}
MARGINS = {
    "level_db": 0.5, "onset_s": 0.03, "sustain": 0.05, "bass_share": 0.04, "treble_share": 0.04, "brightening": 0.2,
    "glide": 0.35, "overtones_db": 1, "even_db": 1.5, "noise_share": 0.06, "harmonicity": 0.06, "tremolo": 0.05,
    "inharmonicity": 0.13, "n_attacks": 0.0, "vibrato": 0.06,
}  # fmt: skip
RATIOS |= {"brightness_hz": 1.3, "bandwidth_hz": 1.3}


def sides(fact: str, edge: float, upper: bool) -> tuple[float, float]:
    """Values just inside and just outside an edge."""
    if fact in RATIOS:
        below, above = edge / RATIOS[fact], edge * RATIOS[fact]
    else:
        below, above = edge - MARGINS[fact], edge + MARGINS[fact]
        if fact == "n_attacks":
            below, above = edge - 1, edge
    return (below, above) if upper else (above, below)


REACH = {
    "level_db": (-60, -6), "onset_s": (0, 1), "attack_s": (0.012, 1), "decay_s": (0.02, 2.2), "length_s": (0.03, 2.5),
    "brightness_hz": (150, 6500), "bandwidth_hz": (250, 2700), "pitch_hz": (42, 7000), "glide": (-20, 20),
    "vibrato": (0.15, 2), "vibrato_hz": (3.2, 9), "tremolo": (0.12, 0.9), "tremolo_hz": (3, 16), "n_attacks": (1, 9),
    "overtones_db": (-45, 20), "even_db": (-40, 12), "sustain": (0.2, 1), "bass_share": (0, 1), "treble_share": (0, 1),
    "brightening": (-1.8, 1.8), "noise_share": (0, 0.95), "harmonicity": (0.2, 1), "inharmonicity": (0.02, 0.6),
}  # fmt: skip


def cases() -> list[tuple[str, str, float, float]]:
    """(word, fact, a value inside, a value outside) for every edge of every rule that a sound here can reach."""
    found = []
    for rule in shared_rules():
        low, high = REACH.get(rule.fact, (math.inf, -math.inf))
        if rule.also and rule.fact not in ("pitch_hz", "overtones_db", "sustain"):
            continue
        for edge, upper in ((rule.low, False), (rule.high, True)):
            if math.isinf(edge) or rule.fact not in REACH:
                continue
            inside, outside = sides(rule.fact, edge, upper)
            if low <= inside <= high and low <= outside <= high and rule.aspect != "function":
                found.append((rule.word, rule.fact, inside, outside))
    return found


CASES = cases()


@pytest.fixture(scope="module")
def heard():
    """Tags and facts of every sound that a case asks for, and the sounds."""
    labeller = Listener(SR)
    wanted = sorted({(fact, value) for _, fact, inside, outside in CASES for value in (inside, outside)})
    sounds = torch.stack([torch.from_numpy(MAKERS[fact][0](value)).float() for fact, value in wanted])
    labels = labeller(torch.arange(len(wanted)), sounds)
    column = {tag.name: i for i, tag in enumerate(labeller.tags)}
    facts = {fact.name: i for i, fact in enumerate(labeller.facts)}
    return {case: i for i, case in enumerate(wanted)}, sounds, labels, column, facts


@pytest.mark.parametrize(("word", "fact", "inside", "outside"), CASES)
def test_a_rule_tells_two_sides_of_its_edge(heard, word, fact, inside, outside):
    row, _, labels, column, facts = heard
    here, there = row[fact, inside], row[fact, outside]
    value = labels.facts[:, facts[fact]]
    assert labels.tags[here, column[word]], f"{fact} {value[here]:.4g} (made as {inside:.4g}) is not {word}"
    others = [r for r in shared_rules() if r.word == word]
    if len(others) == 1:
        assert not labels.tags[there, column[word]], f"{fact} {value[there]:.4g} (made as {outside:.4g}) is {word}"


@pytest.mark.parametrize("fact", sorted(set(REACH)))
def test_a_fact_is_what_others_measure(heard, fact):
    row, sounds, labels, _, facts = heard
    mine, theirs = [], []
    some = [case for case in row if case[0] == fact]
    for case in some[:: max(1, len(some) // 6)]:
        mine.append(labels.facts[row[case], facts[fact]].item())
        theirs.append(MAKERS[fact][1](sounds[row[case]].double().numpy()))
    if fact in RATIOS:
        apart = np.abs(np.log(np.array(mine) / np.array(theirs))).max()
        assert apart < math.log(max(RATIOS[fact], 1.02)), (mine, theirs)
    else:
        assert np.abs(np.array(mine) - np.array(theirs)).max() <= max(1.2 * MARGINS[fact], 0.02), (mine, theirs)


def test_every_measured_fact_with_a_scale_is_reached():
    reached = {fact for _, fact, _, _ in CASES}
    assert reached >= set(REACH) - {"n_attacks"}
    assert len(CASES) > 200
