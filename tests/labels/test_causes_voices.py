"""Rules of voices: a pair of patches on either side of every edge."""

import math

import numpy as np
import pytest
import torch
from scipy import signal
from scipy.linalg import solve_toeplitz

from doppelganger.labels.labeller import Labeller
from doppelganger.labels.measure.measurements import measure
from synths.dsp.oscillators import midi_to_hz
from synths.voices.formant import Formant
from tests.labels.causes_measures import SR
from tests.labels.causes_patches import Bench, Scale

# First and second formants of men. Source: Peterson and Barney, 1952, table II.
VOWELS_HZ = np.array([(270, 2290), (530, 1840), (730, 1090), (570, 840), (300, 870)])
FIVE = (0, 1, 2, 3, 4)
NONE = (450, 1300)  # no vowel is near
F0_HZ = 110.0


def formants(x: np.ndarray) -> np.ndarray:
    """Below 4 kHz, by linear prediction: the roots with a bandwidth below 400 Hz."""
    x = signal.decimate(x, 2)
    x = signal.lfilter([1, -0.97], [1], x) * np.hamming(len(x))
    r = np.correlate(x, x, "full")[len(x) - 1 :][:13]
    roots = np.roots([1, *-solve_toeplitz(r[:12], r[1:])])
    hz, width = np.angle(roots) * SR / 4 / math.pi, -np.log(np.abs(roots)) * SR / 2 / math.pi
    return np.sort(hz[(hz > 150) & (width < 400)])


def vowel(x: np.ndarray) -> float:
    """Which of five: that whose formants lie nearest to two of those found, the lower first."""
    found = np.log2(formants(x))
    first, second = np.log2(VOWELS_HZ).T
    apart = [abs(found - a).min() + abs(found - b).min() for a, b in zip(first, second, strict=True)]
    return float(np.argmin(apart)) if min(apart) < 0.35 else math.nan


def throat(x: np.ndarray) -> float:
    """Of an a: its formants against a man's."""
    found = np.log2(formants(x))
    sizes = np.linspace(0.75, 1.6, 86)
    apart = [abs(found[:, None] - np.log2(s * np.array([730, 1090, 2500]))).min(axis=0).sum() for s in sizes]
    return float(sizes[np.argmin(apart)]) if min(apart) < 0.3 else math.nan


def breath(x: np.ndarray) -> float:
    """How little a period is like the next."""
    x, lag = x[SR // 10 : -SR // 10], round(SR / F0_HZ)
    return 1 - max(float(np.corrcoef(x[:-n], x[n:])[0, 1]) for n in (lag - 1, lag, lag + 1))


def starts(v: float) -> dict[str, float]:
    first, second = VOWELS_HZ[int(v)]
    return {"tract.first_open": first, "tract.first_front": second}


def ends(v: float) -> dict[str, float]:
    first, second = VOWELS_HZ[int(v)]
    return {"tract.second_open": first, "tract.second_front": second}


FORMANT = Bench(
    Formant(sample_rate=SR, seconds=1.0),
    {
        "keyboard.midi_f0": 45, "keyboard.duration": 4, "glottis.breath": 0.1, "glottis.vibrato": 0,
        "glottis.slide": 0, "glottis.tilt": 4000, "adsr.attack": 0.01, "adsr.sustain": 1, "tract.glide_start": 0.4,
        "tract.glide_time": 0.15, "tract.focus": 1, "tract.size": 1, "output.voice": 1,
        "tract.first_open": 730, "tract.first_front": 1090, "tract.second_open": 730, "tract.second_front": 1090,
    },
    {
        "first_vowel": Scale(starts, lambda x: vowel(x[1600:6400]), FIVE, near=0.1, absent={
            "tract.first_open": NONE[0], "tract.first_front": NONE[1]}),
        "last_vowel": Scale(ends, lambda x: vowel(x[-5600:-800]), FIVE, near=0.1, absent={
            "tract.second_open": NONE[0], "tract.second_front": NONE[1]}),
        "throat": Scale(lambda v: {"tract.size": v}, throat, (0.85, 1.45), 0.06, 0.08, absent={"keyboard.midi_f0": 82}),
        "breath": Scale(lambda v: {"glottis.breath": v}, breath, (0, 1), 0.05),
    },
)  # fmt: skip


BENCHES = {"formant": FORMANT}


@pytest.mark.parametrize("pair", FORMANT.pairs, ids=str)
def test_a_rule_separates_two_sides_of_its_edge(pair):
    FORMANT.check(pair)


def test_a_breathy_voice_has_the_pitch_of_its_key_or_none():
    """Where breath sounds in narrow formants, they or an octave are measured in place of the key."""
    held = {"keyboard.duration": 1.0, "glottis.slide": 0.0, "glottis.vibrato": 0.0, "glottis.breath": [0.3, 0.6]}
    synth = Formant(sample_rate=SR, seconds=0.5, ranges=held)
    index = torch.arange(48)
    theta, sound = synth.sample(index), synth.play(index)
    key_hz = midi_to_hz(synth.space.to_physical(theta)[:, synth.space.column("keyboard.midi_f0")])
    measured_hz = measure(sound, SR).facts["pitch_hz"]
    labeller = Labeller(synth)
    labelled_hz = labeller(index, theta, sound).facts[:, [f.name for f in labeller.facts].index("pitch_hz")]
    right = (measured_hz / key_hz).log2().abs() < 1 / 12
    assert right.sum() > 20 and (measured_hz.isfinite() & ~right).sum() > 5
    torch.testing.assert_close(labelled_hz, key_hz.float().where(right, torch.nan), equal_nan=True)
