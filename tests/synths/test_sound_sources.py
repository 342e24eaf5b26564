"""Sources of sound, rooms and LFOs, sample by sample, against loops of their formulas."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, signal

from synths.dsp import noise
from synths.dsp.clock import Clock
from synths.modules import LFO, DCBlocker, Reverb
from synths.modules.cymbal import Cymbal
from synths.modules.damper import Damper
from synths.modules.glottis import Glottis
from synths.modules.membrane import Membrane
from synths.modules.noise_burst import NoiseBurst
from synths.modules.string import String
from synths.modules.struck_body import StruckBody
from synths.modules.vocal_tract import VocalTract
from tests.synths.state_variable_filter import loop

RATE, HOP, N_FRAMES = 16000, 40, 60
CLOCK = Clock(RATE, HOP, N_FRAMES, torch.device("cpu"), torch.float64)
KEY = torch.tensor([7])
TIME_S = np.arange(HOP * N_FRAMES) / RATE
BOUNDARY_S = np.arange(N_FRAMES + 1) * HOP / RATE
HISS = noise.white(KEY, CLOCK).flatten().numpy()


def column(x):
    return torch.tensor([x], dtype=torch.float64)


def played(module, *cables, **knobs):
    return module.forward(CLOCK, *cables, **{name: column(x) for name, x in knobs.items()}).flatten().numpy()


def hz_of(midi):
    return 440 * 2 ** ((midi - 69) / 12)


def fall(time_s, decay_s):
    """By 60 dB in decay_s."""
    return 10 ** (-3 * time_s / decay_s)


def partial(hz, level, decay_s, start_rad=0.0):
    """A partial that decays; those in the last tenth below half the sample rate fade out."""
    audible = min(1.0, max(0.0, (RATE / 2 - hz) / (0.1 * RATE / 2)))
    return level * audible * fall(TIME_S, decay_s) * np.cos(2 * np.pi * hz * TIME_S + start_rad)


def of_frames(boundary_hz):
    """The frequency of a filter at each sample: the geometric mean of both ends of its frame."""
    return np.repeat(np.sqrt(boundary_hz[1:] * boundary_hz[:-1]), HOP)


def turns_of(boundary_midi):
    """Turns of an oscillator whose pitch moves in straight lines between frame boundaries, by integration."""
    fine = 50
    time_s = np.arange(HOP * N_FRAMES * fine) / (RATE * fine)
    hz = hz_of(np.interp(time_s, BOUNDARY_S, boundary_midi))
    return integrate.cumulative_trapezoid(hz, time_s, initial=0)[::fine]


@pytest.mark.parametrize("midi, detune, inharmonicity, brightness", [(28, 0.2, 0.001, 7), (76.5, 0.03, 0, 3.5)])
def test_a_string_is_the_sum_of_its_partials(midi, detune, inharmonicity, brightness):
    expected = 0
    for tune, longer, share in ((detune / 2, 1, 0.6), (-detune / 2, 0.4, 0.4)):
        for k in range(1, 81):
            ratio = k * math.sqrt(1 + inharmonicity * k**2)
            shape = math.sin(math.pi * k * 0.13) * math.sin(math.pi * k * 0.41) / k
            level = share * shape * math.exp(-((ratio / 2**brightness) ** 2))
            expected = expected + partial(ratio * hz_of(midi + tune), level, longer * 0.7 / k**0.8)
    knobs = {"decay": 0.7, "damping": 0.8, "pluck": 0.13, "pickup": 0.41, "brightness": brightness}
    ours = played(String(), column(midi), detune=detune, inharmonicity=inharmonicity, **knobs)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


# Modes of Fletcher and Rossing: a free bar (table 2.1), a square plate with simply supported edges (equation 3.16), and
# a tuned church bell (table 21.1).
BAR = [1] + [((2 * k + 1) / 3.0112) ** 2 for k in range(2, 17)]
PLATE = sorted((m**2 + n**2) / 2 for m in range(1, 17) for n in range(1, 17))[:16]
BELL = [1 / 2, 1, 6 / 5, 3 / 2, 2, 5 / 2, 2.66, 3, 4, 5.33, 6.67, 8, 9.33, 10.67, 12, 13.33]


@pytest.mark.parametrize(
    "body, ratios",
    [(0, BAR), (1, PLATE), (2, BELL), (0.25, [a**0.75 * b**0.25 for a, b in zip(BAR, PLATE, strict=True)])],
)
def test_a_struck_body_is_the_sum_of_its_modes(body, ratios):
    expected, f0 = 0, hz_of(55)
    for k, ratio in enumerate(ratios, start=1):
        soft = math.exp(-((math.pi * 0.0004) ** 2) * ((ratio * f0) ** 2 - (ratios[0] * f0) ** 2) / 2)
        level = soft * math.sin(math.pi * k * 0.29) / math.sqrt(k)
        for beat_hz in (-3, 3):
            hz, decay_s = ratio * f0 + beat_hz, 0.4 / max(1, ratio) ** 1.3
            expected = expected + partial(hz, level / 2, decay_s, -math.pi / 2)
    knobs = {"decay": 0.4, "material": 1.3, "contact": 0.0004, "place": 0.29, "warble": 6}
    np.testing.assert_allclose(played(StruckBody(), column(55), body=body, **knobs), expected, rtol=0, atol=1e-9)


def test_a_damper_falls_once_the_key_is_released():
    level = Damper().forward(CLOCK, column(0.06), release=column(0.1))[0]
    np.testing.assert_allclose(level, fall(np.maximum(0, BOUNDARY_S - 0.06), 0.1), rtol=1e-12)


def test_a_cymbal_is_the_sum_of_odd_harmonics():
    partials = [(1.3 * hz * k, 1 / k) for hz in (205.3, 304.4, 369.6, 522.7, 540, 800) for k in range(1, 30, 2)]
    partials = [(hz, level / math.sqrt(1 + (5000 / hz) ** 4)) for hz, level in partials]
    whole = math.sqrt(sum(level**2 for _, level in partials)) + 1e-3
    expected = sum(partial(hz, level / whole, 0.2, 2 * np.pi * 0.618 * i) for i, (hz, level) in enumerate(partials))
    np.testing.assert_allclose(played(Cymbal(), size=1.3, brightness=5000, decay=0.2), expected, rtol=0, atol=1e-9)


def test_a_drumhead_is_three_modes_that_fall_in_pitch():
    semitones = 12 * (np.log2(90 / 440) + 2.5 * np.exp(-3 * BOUNDARY_S / 0.08)) + 69
    expected = 0
    for ratio, level in ((1, 1), (1.593, 0.5 * 0.7), (2.136, 0.3 * 0.7)):
        sine = np.sin(2 * np.pi * turns_of(semitones + 12 * np.log2(ratio)))
        expected = expected + level * fall(TIME_S, 0.3 / math.sqrt(ratio)) * sine
    ours = played(Membrane(), frequency=90, bend=2.5, bend_time=0.08, decay=0.3, overtones=0.7)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("colour, louder", [(93, math.sqrt(4 * RATE / hz_of(93) / 8)), (41, 8), (130, 1)])
def test_a_burst_of_noise_has_three_more_before_it(colour, louder):
    """The band is at most 0.49 of the sample rate."""
    band = loop(HISS, np.full(len(HISS), min(hz_of(colour), 0.49 * RATE)), 4, 0, 1, 0, RATE)
    level = []
    for time_s in TIME_S:
        number = min(3, math.floor(time_s / 0.02))
        since_s = time_s - 0.02 * number
        level.append(0.3 * (fall(since_s, 0.03) if number < 3 else fall(since_s, 0.2)) + 0.7 * fall(time_s, 0.2))
    knobs = {"colour": colour, "resonance": 4, "decay": 0.2, "flam": 0.3, "spread": 0.02}
    np.testing.assert_allclose(played(NoiseBurst(), KEY, **knobs), louder * band * level, rtol=0, atol=1e-9)


@pytest.mark.parametrize("breath", [0, 0.3, 1])
def test_a_glottis_is_a_saw_and_noise_through_a_low_pass(breath):
    """The saw by its harmonics, as loud as the low-pass of `bandlimited.saw` leaves them."""
    midi = 50 + 5 * np.exp(-3 * BOUNDARY_S / 0.3) + 0.5 * np.sin(2 * np.pi * 8 * BOUNDARY_S)
    turns, hz = turns_of(midi), hz_of(np.interp(TIME_S, BOUNDARY_S, midi))
    saw = 0
    for k in range(1, 60):
        u = (1.58 * 2 * np.pi * k * hz / RATE) ** 2 / 2
        saw = saw - 2 / np.pi / k * np.exp(-u) * (1 + u + u**2 / 2 + u**3 / 6) * np.sin(2 * np.pi * k * turns)
    lowpass = signal.butter(2, 1500, fs=RATE, output="sos")
    expected = signal.sosfilt(lowpass, (1 - breath) * saw + breath * HISS)
    knobs = {"slide": 5, "slide_time": 0.3, "vibrato": 0.5, "vibrato_rate": 8, "tilt": 1500, "breath": breath}
    np.testing.assert_allclose(played(Glottis(), column(50), KEY, **knobs), expected, rtol=0, atol=2e-3)


def test_a_vocal_tract_glides_from_vowel_to_vowel():
    moved = np.clip((BOUNDARY_S - 0.04) / 0.07, 0, 1)
    moved = 3 * moved**2 - 2 * moved**3
    formants = [(300, 800, 60, 4), (2000, 700, 90, 2.52), (2500, 2500, 150, 1.28), (3500, 3500, 200, 0.72)]
    expected = 0
    for first_hz, second_hz, width_hz, level in formants:
        centre_hz = of_frames(1.2 * (first_hz + (second_hz - first_hz) * moved))
        q = 0.8 * (first_hz + second_hz) / 2 / width_hz
        expected = expected + level * loop(HISS, centre_hz, q, 0, 1, 0, RATE)
    knobs = {"first_open": 300, "first_front": 2000, "second_open": 800, "second_front": 700}
    knobs |= {"glide_start": 0.04, "glide_time": 0.07, "size": 1.2, "focus": 0.8}
    audio = torch.from_numpy(HISS).view(1, N_FRAMES, HOP)
    np.testing.assert_allclose(played(VocalTract(), audio, **knobs), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("knob_hz, depth_hz", [(3, 4), (1, -9)])  # the second stands still while it would go back
def test_an_lfo_is_a_blend_of_five_waves(knob_hz, depth_hz):
    """Weighted by their selectors to the power of e; a square is up for the middle half of a turn."""
    rate = np.sin(40 * BOUNDARY_S) ** 2
    hz = np.maximum(0, knob_hz + depth_hz * rate)
    turns = 0.3 / (2 * np.pi) + integrate.cumulative_trapezoid(hz, BOUNDARY_S, initial=0)
    angle = 2 * np.pi * turns
    waves = {
        "sin": (1 - np.cos(angle)) / 2,
        "tri": 1 - np.abs(signal.sawtooth(angle)),
        "saw": (1 + signal.sawtooth(angle)) / 2,
        "rsaw": (1 - signal.sawtooth(angle)) / 2,
        "sqr": (1 + signal.square(angle - np.pi / 2)) / 2,
    }
    selectors = dict(zip(waves, (0.9, 0.3, 0.5, 0.2, 0.7), strict=True))
    weights = {name: selector**math.e for name, selector in selectors.items()}
    expected = sum(weights[name] * wave for name, wave in waves.items()) / sum(weights.values())
    knobs = {"frequency": knob_hz, "mod_depth": depth_hz, "initial_phase": 0.3, **selectors}
    ours = played(LFO(), torch.from_numpy(rate)[None], **knobs)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6)


def test_a_room_is_a_sound_convolved_with_noise_that_decays_and_darkens():
    room = HISS * np.interp(TIME_S, BOUNDARY_S, fall(BOUNDARY_S, 0.1))
    cutoff_hz = of_frames(hz_of(100 - 12 * 3 * np.minimum(1, BOUNDARY_S / 0.1)))
    room = loop(room, cutoff_hz, math.sqrt(0.5), 1, 0, 0, RATE)
    room = np.concatenate([np.zeros(80), room[:-80]])  # 5 ms
    room /= np.sqrt((room**2).sum())
    sound = np.sin(TIME_S * 1000) * np.exp(-TIME_S * 30)
    expected = sound + 0.6 * np.convolve(sound, room)[: len(sound)]
    knobs = {"decay": 0.1, "predelay": 0.005, "brightness": 100, "damping": 3, "mix": 0.6}
    audio = torch.from_numpy(sound).view(1, N_FRAMES, HOP)
    np.testing.assert_allclose(played(Reverb(), audio, KEY, **knobs), expected, rtol=0, atol=1e-9)


def test_a_dc_blocker_is_a_butterworth_filter_at_10_hz():
    highpass = signal.butter(2, 10, "highpass", fs=RATE, output="sos")
    audio = torch.from_numpy(1 + HISS).view(1, N_FRAMES, HOP)
    np.testing.assert_allclose(played(DCBlocker(), audio), signal.sosfilt(highpass, 1 + HISS), rtol=0, atol=1e-8)
