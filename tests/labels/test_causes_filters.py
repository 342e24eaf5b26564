"""Rules of waves, filters, distortion, chorus and detuning: a pair of patches on either side of every edge."""

import math

import numpy as np
import pytest
from scipy import signal

from synths.voices.subtractive import Subtractive
from tests.labels.causes_measures import SR, lines, steady
from tests.labels.causes_patches import Bench, Scale, label
from tests.labels.causes_waves import shared_out, wave_scales


def midi(hz: float) -> float:
    return 69 + 12 * math.log2(hz / 440)


def subtractive(wanted: dict[str, float]) -> dict[str, float]:
    knobs, (sine, square, saw, noise) = shared_out(wanted, "sine", "square", "saw", "noise")
    vco = square + saw
    return knobs | {"mixer.vco": vco, "vco.shape": square / max(vco, 1e-9), "mixer.sub": sine, "mixer.noise": noise}


def gains(x: np.ndarray) -> np.ndarray:
    """Of a filter, at the harmonics of a saw of 55 Hz."""
    k = np.arange(1, 81)
    return k * lines(steady(x), k * 55)


def crosses(gain: np.ndarray) -> float:
    """Where a gain at multiples of 55 Hz passes 3 dB below 1, in Hz."""
    db = 20 * np.log10(gain) + 3
    after = int(np.flatnonzero((db > 0) != (db[0] > 0))[0])
    before = after - 1
    return 55 * float(after + db[before] / (db[before] - db[after]))


def lowpass_hz(x: np.ndarray) -> float:
    return crosses(gains(x) / gains(x)[0])


def highpass_hz(x: np.ndarray) -> float:
    gain = gains(x) / gains(x)[25:40].mean()
    return crosses(gain) if gain[0] < 0.7 else 0


def bandpass_hz(x: np.ndarray) -> float:
    return 55 * (1 + float(np.argmax(gains(x))))


def filtered(mode: float, q: float = 0.7071):
    return lambda v: {
        "saw": 1, "keyboard.midi_f0": 33, "vcf.mode": mode, "vcf.cutoff": midi(v), "vcf.resonance": q
    }  # fmt: skip


def drive_db(x: np.ndarray) -> float:
    """Of a sine of 220 Hz, by what its third harmonic is in tanh."""
    turn = np.sin(2 * np.pi * np.arange(256) / 256)
    db = np.linspace(-12, 36, 97)
    spectra = [np.abs(np.fft.rfft(np.tanh(10 ** (v / 20) * turn))) for v in db]
    first, third = lines(steady(x), [220, 660])
    return float(np.interp(third / first, [s[3] / s[1] for s in spectra], db))


def moving(x: np.ndarray) -> float:
    """How much harmonics 1 to 12 of 440 Hz come and go, in dB."""
    hz, _, frames = signal.stft(steady(x), SR, nperseg=1024, noverlap=768, boundary=None)
    bins = [np.argmin(abs(hz - 440 * k)) for k in range(1, 13)]
    return float(np.mean(np.std(20 * np.log10(abs(frames[bins])), axis=1)))


def apart(x: np.ndarray) -> float:
    """Semitones between the lowest and the highest line around harmonic 9 of 440 Hz."""
    hz = np.arange(3960 * 0.96, 3960 * 1.04, 0.2)
    level = lines(steady(x), hz)
    there = hz[signal.find_peaks(level, height=0.2 * level.max())[0]]
    return 12 * math.log2(there[-1] / there[0])


OPEN = {"saw": 1.0, "keyboard.midi_f0": 33.0}
SUBTRACTIVE = Bench(
    Subtractive(sample_rate=SR, seconds=1.0),
    {
        "noise": 1.0, "keyboard.midi_f0": 69, "keyboard.duration": 4, "amp_adsr.attack": 0.01, "amp_adsr.sustain": 1,
        "sub.tuning": 0, "vco.spread": 0, "vco.detune": 0, "vco.width": 0.5, "vcf.cutoff": 128, "vcf.mode": 0,
        "vcf.resonance": 0.7071, "vcf.key_follow": 0, "distortion.drive": -12, "chorus.mix": 0, "chorus.depth": 0.003,
        "chorus.rate": 2, "output.voice": 0.9,
    },
    {
        **wave_scales(0.17),  # the filter takes some of the noise, whatever its cutoff
        "lowpass_hz": Scale(filtered(0), lowpass_hz, (100, 2600), 1.2, 1.2, True, absent=OPEN),
        "bandpass_hz": Scale(filtered(1, 3), bandpass_hz, (200, 4000), 1.2, 1.15, True, absent=OPEN),
        "highpass_hz": Scale(filtered(2), highpass_hz, (200, 900), 1.2, 1.2, True, absent=OPEN),
        "resonance": Scale(
            lambda q: filtered(0, q)(990), lambda x: gains(x).max() / gains(x)[0], (0.8, 18), 1.25, 1.2, True
        ),
        "drive_db": Scale(
            lambda v: {"sine": 1, "distortion.drive": v - 20 * math.log10(0.4 * math.sqrt(2))},
            drive_db, (6.5, 30), 1.5, 1.2, absent={"sine": 1},
        ),
        "chorus": Scale(
            lambda v: {"saw": 1, "chorus.mix": v}, moving, (0.16, 1), 0.05,
            absent={"saw": 1, "chorus.mix": 1, "chorus.depth": 0},
        ),
        "detune": Scale(
            lambda v: {"saw": 1, "vco.detune": v}, apart, (0.05, 1), 1.25, 1.2, True, absent={"saw": 1}
        ),
    },
    subtractive,
)  # fmt: skip


@pytest.mark.parametrize("pair", SUBTRACTIVE.pairs, ids=str)
def test_a_rule_separates_two_sides_of_its_edge(pair):
    SUBTRACTIVE.check(pair)


@pytest.mark.parametrize(("spread", "detune"), [(0, 0), (1 / 3, 0), (2 / 3, 0), (1, 0), (0, 0.3), (2 / 3, 0.3)])
def test_copies_that_are_not_in_step_have_less_of_the_power(spread, detune):
    half = subtractive(dict(SUBTRACTIVE.base) | {"noise": 0, "saw": 0.5, "sine": 0.5})
    (labelled,) = label(SUBTRACTIVE.synth, [half | {"vco.spread": spread, "vco.detune": detune}])
    sine = lines(steady(labelled.sound), [220])[0] ** 2 / 2
    assert labelled.facts["sine_share"] == pytest.approx(sine / np.mean(steady(labelled.sound) ** 2), abs=0.06)


@pytest.mark.parametrize(("width", "is_square"), [(0.5, True), (0.43, True), (0.35, False), (0.1, False)])
def test_a_narrow_pulse_is_no_square(width, is_square):
    pulse = subtractive(dict(SUBTRACTIVE.base) | {"square": 1})
    (labelled,) = label(SUBTRACTIVE.synth, [pulse | {"vco.width": width}])
    first, second = lines(steady(labelled.sound), [440, 880])
    assert (second < 0.3 * first) == is_square == ("square" in labelled.tags)
