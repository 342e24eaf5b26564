"""The band-limited oscillators by their spectra: the harmonics of the textbook, and next to nothing between them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from synths.dsp import bandlimited, oscillators, phase
from synths.dsp.clock import Clock
from synths.modules import UnisonVCO

N, HOP = 1 << 15, 64
WINDOW = np.kaiser(N, 20)  # side lobes below -150 dB
NOTES = (36, 60, 72, 80.4, 84, 85, 88.3, 90, 91.4, 92.4, 93, 93.8, 95.3, 96)


def clock(rate=44100, n_frames=N // HOP, hop=HOP):
    return Clock(rate, hop, n_frames, torch.device("cpu"), torch.float64)


def tones(notes, time):
    """Steady notes: their phases and frequencies."""
    hz = oscillators.midi_to_hz(torch.tensor(notes, dtype=torch.float64))
    frequency_hz = hz[:, None].expand(-1, time.n_frames + 1)
    return phase.glide(frequency_hz, torch.linspace(-3, 3, len(notes)).double(), time), frequency_hz


def pulse(turns, frequency_hz, width):
    shape, width = (torch.full((len(turns),), x, dtype=torch.float64) for x in (1.0, width))
    return bandlimited.saw_pulse(turns, frequency_hz, shape, width, clock())


def folded_db(sound, frequency_hz, rate):
    """Energy everywhere but at the harmonics, against the fundamental: the worst of all rows."""
    power = np.abs(np.fft.rfft(sound.flatten(1).numpy() * WINDOW)) ** 2
    harmonic = np.arange(N // 2 + 1) / (frequency_hz[:, :1].numpy() * N / rate)
    bins_away = np.abs(harmonic - np.round(harmonic)) * frequency_hz[:, :1].numpy() * N / rate
    own = bins_away <= 12
    fundamental = own & (np.round(harmonic) == 1)
    return 10 * np.log10((power * ~own).sum(axis=1) / (power * fundamental).sum(axis=1)).max()


@pytest.mark.parametrize(
    "rate, highest",
    [
        (44100, 96),
        (32000, 96),
        (16000, 85),
        (16000, 96),
    ],
)
def test_next_to_nothing_of_a_saw_folds_back(rate, highest):
    notes = [note for note in NOTES if note <= highest]
    turns, frequency_hz = tones(notes, clock(rate))
    assert folded_db(bandlimited.saw(turns, frequency_hz, clock(rate)), frequency_hz, rate) < -60


def test_a_saw_bent_up_an_octave_is_the_saw_an_octave_higher():
    up = replace(clock(), bend=torch.full((1, N // HOP + 1), 12.0, dtype=torch.float64))
    _, frequency_hz = tones([60, 84], clock())
    bent = bandlimited.saw(phase.glide(frequency_hz, torch.linspace(-3, 3, 2).double(), up), frequency_hz, up)
    turns, frequency_hz = tones([72, 96], clock())
    torch.testing.assert_close(bent, bandlimited.saw(turns, frequency_hz, clock()))


@pytest.mark.parametrize("width", [0.05, 0.1, 0.3, 0.5])
def test_next_to_nothing_of_a_pulse_folds_back(width):
    turns, frequency_hz = tones(NOTES, clock())
    assert folded_db(pulse(turns, frequency_hz, width), frequency_hz, 44100) < -60


def test_much_of_a_naive_saw_folds_back():
    """So that the two tests above can fail."""
    turns, frequency_hz = tones(NOTES, clock())
    assert folded_db(2 * turns, frequency_hz, 44100) > -15


@pytest.mark.parametrize("width", [None, 0.1, 0.5])
def test_harmonics_are_as_high_as_in_the_textbook(width):
    (turns,), (frequency_hz,) = tones([48], clock())
    if width is None:
        wave = bandlimited.saw(turns[None], frequency_hz[None], clock())
    else:
        wave = pulse(turns[None], frequency_hz[None], width)
    hz, n = frequency_hz[0].item(), np.arange(1, int(5000 / frequency_hz[0]) + 1)
    probe = np.exp(-2j * np.pi * hz / 44100 * np.outer(n, np.arange(N)))
    height = 2 * np.abs(probe @ (WINDOW * wave.flatten().numpy())) / WINDOW.sum()
    expected = 2 / (np.pi * n) * (1 if width is None else 2 * np.abs(np.sin(np.pi * n * width)))
    audible = expected > 1e-6
    assert np.abs(20 * np.log10(height[audible] / expected[audible])).max() < 0.3
    assert (height[~audible] < 1e-6).all()


def test_saw_falls_where_phase_is_zero_and_pulse_is_up_for_its_width():
    (turns,), (frequency_hz,) = tones([36], clock())
    saw = bandlimited.saw(turns[None], frequency_hz[None], clock())[0]
    away = turns.abs() > 0.02
    np.testing.assert_allclose(saw[away], (2 * turns - turns.sign())[away], rtol=0, atol=1e-6)
    narrow = pulse(turns[None], frequency_hz[None], 0.3)[0]
    up = (narrow > narrow.mean()).double().mean().item()
    assert up == pytest.approx(0.3, abs=0.01) and abs(narrow.mean()) < 0.01


def test_amplitude_stays_within_its_range():
    turns, frequency_hz = tones(NOTES, clock())
    assert bandlimited.saw(turns, frequency_hz, clock()).abs().max() <= 1.2
    for width in (0.05, 0.5, 0.95):
        assert pulse(turns, frequency_hz, width).abs().max() <= 2.2


def unison(n_copies, midi, **knobs):
    time = clock()
    knobs = {
        "tuning": 0,
        "mod_depth": 0,
        "initial_phase": 0,
        "shape": 0,
        "width": 0.3,
        "spread": 0.6,
        "detune": 0,
    } | knobs
    pitch = torch.ones(1, time.n_frames + 1, dtype=torch.float64)
    cables = torch.tensor([midi], dtype=torch.float64), pitch
    return UnisonVCO(n_copies).forward(time, *cables, **{k: torch.tensor([v]).double() for k, v in knobs.items()})


def peaks_hz(sound, count, low_hz=0.0, high_hz=22050.0):
    """Frequencies of the highest peaks between two frequencies, by a parabola through the logarithms of three bins."""
    height = np.log(np.abs(np.fft.rfft(sound.flatten().numpy() * WINDOW)) + 1e-12)
    first, last = int(low_hz * N / 44100), int(high_hz * N / 44100)
    places = signal.find_peaks(height[first:last])[0] + first
    k = np.sort(places[np.argsort(height[places])[-count:]])
    left, top, right = height[k - 1], height[k], height[k + 1]
    return (k + (left - right) / (left - 2 * top + right) / 2) * 44100 / N


@pytest.mark.parametrize(
    "knobs, moved", [({}, 0), ({"tuning": -7.0}, -7), ({"mod_depth": 12.0}, 12), ({"shape": 1.0}, 0)]
)
def test_one_copy_plays_the_key(knobs, moved):
    (hz,) = peaks_hz(unison(1, 69, **knobs), 1)
    assert abs(12 * np.log2(hz / 440) - moved) < 0.01


def test_copies_are_spread_over_the_detune():
    hz = peaks_hz(unison(3, 93, detune=1.0), 3, 1500, 2000)
    np.testing.assert_allclose(12 * np.log2(hz / 440) + 69, [92.5, 93, 93.5], atol=0.01)
