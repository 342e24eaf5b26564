"""Rules of what is struck, plucked and drummed: a pair of patches on either side of every edge."""

import math

import numpy as np
import pytest
from scipy import signal

from synths.voices.drum import Drum
from synths.voices.modal import Modal
from synths.voices.plucked import Plucked
from tests.labels.causes_measures import SR, lines, peaks, t60
from tests.labels.causes_patches import Bench, Scale

SETTINGS = {"sample_rate": SR, "seconds": 1.0}
C4_HZ = 440 * 2 ** (-9 / 12)


def midi(hz: float) -> float:
    return 69 + 12 * math.log2(hz / 440)


# ---- Modal: a bar has modes at 1, 2.756, 5.404; a square plate at 1, 2.5, 4; a bell at 0.5, 1, 1.2 ----


def body(x: np.ndarray) -> float:
    """0 is a bar, 1 a plate, 2 a bell, by the ratio of its two lowest lines; nan of noise."""
    found = peaks(x[: SR // 4], 0.01)
    octaves = math.log2(found[1] / found[0])
    return math.nan if len(found) > 40 else float(np.interp(octaves, np.log2([2, 2.5, 2.756]), [2, 1, 0]))


def material(x: np.ndarray) -> float:
    """How much faster a high mode dies than that of the key."""
    found = peaks(x[: SR // 4], 0.01)
    key = C4_HZ if abs(found - C4_HZ).min() < 3 else found[0]
    high = found[found > 1.9 * key][0]
    return math.log(t60(x, key) / t60(x, high)) / math.log(high / key)


def ring_s(x: np.ndarray) -> float:
    return t60(x, peaks(x)[0])


def contact_s(x: np.ndarray) -> float:
    """Of a mallet on a bar, by its third mode: exp(-(pi contact f)^2 / 2), Fletcher and Rossing, section 19.1."""
    first, third = 130.81 * np.array([1, 5.404])
    low, high = lines(x, [first, third])
    struck = math.sin(3 * math.pi * 0.06) / math.sqrt(3) / math.sin(math.pi * 0.06)
    return math.sqrt(2 * math.log(max(struck * low / high, 1)) / (third**2 - first**2)) / math.pi


MALLET = {"output.body": 0, "output.mallet": 1, "mallet.decay": 0.1}
MODAL = Bench(
    Modal(**SETTINGS),
    {
        "keyboard.midi_f0": 60, "keyboard.duration": 4, "body.warble": 0, "body.place": 0.06, "body.body": 0,
        "body.material": 0, "body.decay": 2, "body.contact": 0.0001, "output.body": 0.8, "output.mallet": 0,
    },
    {
        "body": Scale(lambda v: {"body.body": v}, body, (0, 1.9), 0.1, 0.1, absent=MALLET),
        "source": Scale(lambda v: {"body.body": v}, body, (0, 1, 2), near=0.1, absent=MALLET),
        "material": Scale(lambda v: {"body.material": v}, material, (0, 2), 0.1, 0.1),
        "contact_s": Scale(
            lambda v: {"body.contact": v, "keyboard.midi_f0": 48}, contact_s, (0.00015, 0.0015), 1.15, 1.1, True,
            absent=MALLET | {"keyboard.midi_f0": 48},
        ),
        "ring_s": Scale(lambda v: {"body.decay": v}, ring_s, (0.1, 4), 1.2, 1.1, True),
        "pitch_hz": Scale(
            # A plate may sound an octave lower, and a hard mallet hides its pitch.
            lambda v: {"keyboard.midi_f0": midi(v), "body.contact": max(0.1 / v, 1e-4)},
            None, (90, 1200), 2.2, ratio=True,
        ),
    },
)  # fmt: skip


# ---- Plucked: partial k dies in decay / k^damping ----


def damping(x: np.ndarray) -> float:
    first = peaks(x)[0]
    return math.log(t60(x, first) / t60(x, 4 * first)) / math.log(4)


PLECTRUM = {"output.string": 0, "output.plectrum": 1, "plectrum.decay": 0.1}
PLUCKED = Bench(
    Plucked(**SETTINGS),
    {
        "keyboard.midi_f0": 50, "keyboard.duration": 4, "string.decay": 2.5, "string.damping": 0.7, "string.pluck": 0.3,
        "string.pickup": 0.3, "string.brightness": 2.5, "string.detune": 0, "string.inharmonicity": 0,
        "output.string": 0.8, "output.plectrum": 0,
    },
    {
        "string_damping": Scale(lambda v: {"string.damping": v}, damping, (0.1, 1.4), 0.1, 0.15, absent=PLECTRUM),
        "ring_s": Scale(lambda v: {"string.decay": v}, ring_s, (0.15, 5), 1.2, 1.15, True),
        "pitch_hz": Scale(lambda v: {"keyboard.midi_f0": midi(v)}, None, (90, 1200), 1.08, ratio=True),
    },
)  # fmt: skip


# ---- Drum: skin, noise and metal ----

HITS = (
    {"skin.frequency": 55, "mixer.skin": 1},
    {"skin.frequency": 130, "mixer.skin": 1},
    {"skin.frequency": 300, "skin.decay": 0.4, "mixer.skin": 1},
    {
        "skin.frequency": 180,
        "skin.decay": 0.3,
        "mixer.skin": 0.7,
        "mixer.noise": 0.6,
        "noise.decay": 0.2,
        "noise.colour": 100,
    },
    {"mixer.noise": 1, "noise.flam": 1, "noise.decay": 0.3},
    {"mixer.noise": 1, "noise.decay": 0.1},
    *({"mixer.metal": 1, "metal.decay": decay_s} for decay_s in (0.1, 0.7, 2)),
)
SILENT = {"mixer.skin": 0.0, "mixer.noise": 0.0, "mixer.metal": 0.0}
BLEND = {f"mixer.{name}": 0.6 for name in ("skin", "noise", "metal")} | {
    f"{name}.decay": 0.3 for name in ("skin", "noise", "metal")
}


def fine(x: np.ndarray) -> np.ndarray:
    """Envelope, smoothed over 3 ms."""
    smooth = signal.windows.hann(round(0.006 * SR))
    return np.convolve(np.abs(x), smooth / smooth.sum(), "same")


def hit(x: np.ndarray) -> float:
    """What it is: by strokes in the first 60 ms, where its power lies, whether it is in lines, and how it decays."""
    strokes = signal.find_peaks(fine(x)[: round(0.06 * SR)], prominence=0.3 * fine(x).max(), distance=80)[0]
    hz, power = signal.welch(x, SR, nperseg=8192)
    high = power[hz > 2000].sum() / power.sum()
    if high < 0.005:
        return float(np.searchsorted([85, 220], hz[np.argmax(power)]))
    if high < 0.8:
        return 3
    if len(strokes) >= 3:
        return 4
    loud = np.flatnonzero(fine(x) > 0.001 * fine(x).max())[-1] / SR  # 60 dB down
    inner = power[(hz > 4000) & (hz < 7500)]
    flat = np.exp(np.log(inner).mean()) / inner.mean()
    return 5 if flat > 0.1 else 6 + float(np.searchsorted([0.3, 0.95], loud))


def bend(x: np.ndarray) -> float:
    """In octaves, by a fit of what falls with 0.1 s / 3 to the periods of a sine."""
    up = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))[:25]
    at = (up - x[up] / (x[up + 1] - x[up])) / SR
    falling = np.exp(-3 * (at[1:] + at[:-1]) / 2 / 0.1)
    return float(np.polyfit(falling, np.log2(1 / np.diff(at)), 1)[0])


def flam_s(x: np.ndarray) -> float:
    """Time after which the first strokes are most like themselves."""
    envelope = fine(x)[: round(0.1 * SR)]
    like = np.correlate(envelope - envelope.mean(), envelope - envelope.mean(), "full")[len(envelope) - 1 :]
    found = signal.find_peaks(like, height=0.2 * like[0], distance=40)[0]
    return found[0] / SR if len(found) else math.nan


def third(x: np.ndarray) -> float:
    first, third = lines(x[: SR // 4], [130, 390])
    return third / first


DRUM = Bench(
    Drum(**SETTINGS),
    SILENT
    | {
        "mixer.skin": 1, "skin.frequency": 130, "skin.decay": 0.8, "skin.bend": 0, "skin.bend_time": 0.1,
        "skin.overtones": 0, "noise.flam": 0, "noise.colour": 115, "noise.resonance": 0.6, "noise.spread": 0.013,
        "metal.brightness": 8000, "distortion.drive": -12, "output.drum": 1,
    },
    {
        "source": Scale(lambda v: SILENT | HITS[int(v)], hit, tuple(range(9)), near=0.1, absent=BLEND),
        "bend": Scale(lambda v: {"skin.bend": v}, bend, (0.25, 3), 0.2, 0.2, absent={"skin.bend": 0}),
        "flam_s": Scale(
            lambda v: SILENT | HITS[4] | {"noise.spread": v}, flam_s, (0.006, 0.028), 1.2, 1.15, True,
            absent=SILENT | HITS[5],
        ),
        "decay_s": Scale(lambda v: {"skin.decay": 3 * v}, None, (0.05, 0.6), 1.3, ratio=True),
        "drive_db": Scale(
            lambda v: {"distortion.drive": v}, third, (6.5, 34), 1.5, absent={"distortion.drive": -12}
        ),
    },
)  # fmt: skip

BENCHES = {"modal": MODAL, "plucked": PLUCKED, "drum": DRUM}


@pytest.mark.parametrize(("name", "pair"), [(n, p) for n, bench in BENCHES.items() for p in bench.pairs], ids=str)
def test_a_rule_separates_two_sides_of_its_edge(name, pair):
    BENCHES[name].check(pair)
