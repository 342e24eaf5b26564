"""The DSP functions against numeric integration, spectra and slow scalar code."""

import librosa
import numpy as np
import pytest
import torch
from scipy import integrate, stats

from synths import random
from synths.dsp import envelopes, noise, oscillators, phase
from synths.dsp.clock import Clock

RATE, HOP = 44100, 100


def clock(n_frames=20, hop=HOP, rate=RATE, dtype=torch.float64):
    return Clock(rate, hop, n_frames, torch.device("cpu"), dtype)


def turns_apart(a, b):
    """Distance of two phases around the circle."""
    difference = torch.as_tensor(a) - torch.as_tensor(b)
    return (difference - difference.round()).abs().max().item()


def melody(*midi):
    return oscillators.midi_to_hz(torch.tensor([midi], dtype=torch.float64))


@pytest.mark.parametrize(
    "midi",
    [
        [69] * 6,
        [60, 61, 62.5, 62.5, 20, 21],
        [0, 127, 0, 127, 0, 127],
        [50, 50.001, 50.002, 50.0020001, 50.002, 49.999],
    ],
    ids=["steady", "melody", "leaps", "nearly steady"],
)
def test_glide_is_the_integral_of_frequency(midi):
    fine = 100
    boundary = np.arange(6) * HOP
    sample = np.arange(5 * HOP * fine) / fine
    hz = librosa.midi_to_hz(np.interp(sample, boundary, midi))
    expected = 0.7 / (2 * np.pi) + integrate.cumulative_trapezoid(hz, dx=1 / (RATE * fine), initial=0)[::fine]
    glide = phase.glide(melody(*midi), torch.tensor([0.7]).double(), clock(5))
    assert glide.shape == (1, 5, HOP) and glide.abs().max() <= 0.5
    assert turns_apart(glide.flatten(), expected) < 1e-5

    single = phase.glide(melody(*midi), torch.tensor([0.7]).double(), clock(5, dtype=torch.float32))
    assert single.dtype == torch.float32
    # 28 turns a frame at MIDI 127, each to 24 bits.
    assert turns_apart(single.double(), glide) < 1e-5


def test_glide_keeps_time_for_minutes():
    two_minutes = 120 * RATE // HOP
    hz = torch.full((1, two_minutes + 1), 12543.8539, dtype=torch.float64)
    last = phase.glide(hz, torch.zeros(1).double(), clock(two_minutes, dtype=torch.float32))[0, -1]
    sample = torch.arange((two_minutes - 1) * HOP, two_minutes * HOP, dtype=torch.float64)
    assert turns_apart(last.double(), 12543.8539 * sample / RATE) < 1e-5


def test_accumulate_is_the_integral_of_straight_lines():
    hz = torch.rand(3, 400, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 20
    start = torch.tensor([-3.0, 0.0, 2.0]).double()
    expected = integrate.cumulative_trapezoid(hz.numpy(), dx=HOP / RATE, axis=1, initial=0)
    expected += start[:, None].numpy() / (2 * np.pi)
    assert turns_apart(phase.accumulate(hz, start, clock(399)), expected) < 1e-12


def test_midi_to_hz():
    midi = torch.linspace(0, 127, 1000).double()
    np.testing.assert_allclose(oscillators.midi_to_hz(midi), librosa.midi_to_hz(midi.numpy()), rtol=1e-12)


@pytest.mark.parametrize("shape", [0.0, 0.5, 1.0])
def test_square_saw_has_the_partials_of_its_name(shape):
    f0, n = 20, np.arange(1, 8)
    turns = torch.arange(RATE).double() * f0 / RATE
    wave = oscillators.square_saw(turns, torch.tensor(shape), torch.tensor(200.0))
    spectrum = np.abs(np.fft.rfft(wave)) / (RATE / 2)
    # Fourier series of (1 - shape / 2) * sign(sin) * (1 + shape * cos): for shape 0 a square.
    odd, even = 1 / n, shape * n / (n**2 - 1 + (n == 1))
    expected = (1 - shape / 2) * 4 / np.pi * np.where(n % 2, odd, even)
    np.testing.assert_allclose(spectrum[f0 * n], expected, rtol=5e-3, atol=1e-3)


def test_square_saw_softens_to_a_sine():
    turns = torch.linspace(0, 1, 101).double()
    soft = oscillators.square_saw(turns, torch.tensor(0.0), torch.tensor(1e-3)) / (np.pi / 2 * 1e-3)
    np.testing.assert_allclose(soft, np.sin(2 * np.pi * turns.numpy()), atol=1e-5)


def test_sine_and_lfo_shapes():
    turns = torch.linspace(-2, 2, 1601).double()
    assert torch.allclose(oscillators.sine(turns), torch.tensor(np.cos(2 * np.pi * turns.numpy())))
    quarters = torch.tensor([0.0, 0.125, 0.375, 0.5, 0.625, 0.875]).double()
    table = {
        "sine": [0, 0.1464, 0.8536, 1, 0.8536, 0.1464],
        "triangle": [0, 0.25, 0.75, 1, 0.75, 0.25],
        "saw": [0, 0.125, 0.375, 0.5, 0.625, 0.875],
        "reverse saw": [1, 0.875, 0.625, 0.5, 0.375, 0.125],
        "square": [0, 0, 1, 1, 1, 0],
    }
    for shift in (-3, 0, 5):
        for expected, shape in zip(table.values(), oscillators.lfo_shapes(quarters + shift), strict=True):
            torch.testing.assert_close(shape, torch.tensor(expected).double(), rtol=0, atol=1e-4)


def envelope(t, held, attack, decay, sustain, release, alpha):
    """An ADSR as one would explain it, a moment at a time."""
    top = min(attack, held)
    fallen = top + min(decay, held - top)
    if t < top:
        level = (t / top) ** alpha
    elif t < fallen:
        level = sustain + (1 - sustain) * (1 - (t - top) / (fallen - top)) ** alpha
    elif held > attack:
        level = sustain
    else:
        level = 1  # let go on the way up: no decay
    if t > held:
        level *= max(0.0, 1 - (t - held) / release) ** alpha if release > 0 else 0
    return level


CASES = {
    "long note": (2.0, 0.3, 0.5, 0.4, 1.0, 2.0),
    "let go in decay": (0.5, 0.3, 0.5, 0.4, 1.0, 0.5),
    "let go in attack": (0.2, 0.3, 0.5, 0.4, 1.0, 3.0),
    "no attack": (1.0, 0.0, 0.5, 0.4, 1.0, 1.0),
    "no decay": (1.0, 0.2, 0.0, 0.4, 1.0, 1.0),
    "no release": (1.0, 0.2, 0.1, 0.4, 0.0, 1.0),
    "nothing but sustain": (1.0, 0.0, 0.0, 0.4, 0.0, 1.0),
    "sharp": (1.0, 0.2, 0.3, 0.0, 2.0, 6.0),
    "blunt": (1.0, 0.2, 0.3, 1.0, 2.0, 0.1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_adsr_is_the_envelope_of_a_note(case):
    # Moments off the corners, where before and after differ.
    time_s = torch.arange(1000, dtype=torch.float64) * 0.003 + 0.0001
    ours = envelopes.adsr(time_s, *(torch.tensor([x], dtype=torch.float64) for x in case))[0]
    expected = torch.tensor([envelope(t, *case) for t in time_s.tolist()], dtype=torch.float64)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-6)


def test_adsr_starts_at_nothing():
    start = envelopes.adsr(torch.zeros(1).double(), *(torch.tensor([x]).double() for x in CASES["blunt"]))
    assert start.item() == 0


def test_noise_is_white_and_uniform():
    key = random.keys(torch.arange(16), seed=0, stream="noise")
    hiss = noise.white(key, clock(441)).flatten(1).numpy()
    n = hiss.shape[1]
    for row in hiss:
        assert stats.kstest(row, "uniform", (-1, 2)).pvalue > 1e-3
    # The power of such a hiss is 1/3 at every frequency; a mean over 16 rows of 50 bins strays by 1 / sqrt(800).
    power = (np.abs(np.fft.rfft(hiss)) ** 2 / n)[:, 1 : n // 2 + 1].reshape(16, -1, 50).mean(axis=(0, 2))
    assert np.abs(3 * power - 1).max() < 5 / np.sqrt(800)


def test_noise_rows_are_unrelated_at_any_shift():
    hiss = noise.white(random.keys(torch.arange(16), seed=0, stream="noise"), clock(441)).flatten(1).numpy()
    n = hiss.shape[1]
    spectra = np.fft.rfft(hiss, 2 * n)
    for row, spectrum in enumerate(spectra):
        correlation = np.fft.irfft(spectrum.conj() * spectra) / (n / 3)
        correlation[row, 0] -= 1
        # Among 16 * 16 * 88200 of them chance finds one of about 5.6 / sqrt(n).
        assert np.abs(correlation).max() < 7 / np.sqrt(n)


def test_noise_is_the_same_in_any_batch_and_length():
    key = random.keys(torch.arange(5), seed=0, stream="noise")
    everything = noise.white(key, clock(20))
    assert torch.equal(noise.white(key[3:4], clock(20)), everything[3:4])
    assert torch.equal(noise.white(key, clock(10)), everything[:, :10])
    assert torch.equal(noise.white(key, clock(40, HOP // 2)).flatten(1), everything.flatten(1))


def test_control_is_drawn_in_straight_lines():
    control = torch.rand(2, 21, dtype=torch.float64)
    expected = [np.interp(np.arange(20 * HOP), np.arange(21) * HOP, row) for row in control.numpy()]
    np.testing.assert_allclose(clock().to_audio(control).flatten(1), expected, atol=1e-12)
