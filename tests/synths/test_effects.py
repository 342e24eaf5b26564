"""Delays, rooms and bent waves against numpy, scipy and what one would measure in a studio."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
import torch
from scipy import signal

from synths import modules, random
from synths.dsp import delays, distortion, spectral
from synths.modules.chorus import Chorus
from synths.modules.delay import Delay
from synths.modules.distortion import Distortion
from synths.modules.module import Module
from synths.modules.reverb import Reverb
from synths.parameters.parameter import UNITS
from tests.synths.signals import HOP, RATE, clock, column, hiss


def click(n_frames):
    audio = torch.zeros(1, n_frames, HOP, dtype=torch.float64)
    audio[:, 0, 0] = 1
    return audio


def late(audio, delay_s):
    """A sound as it was `delay_s` ago, silent before its start."""
    n = np.arange(len(audio))
    return np.interp(n - delay_s * RATE, np.arange(-1, len(audio)), np.concatenate([[0], audio]), left=0)


@pytest.mark.parametrize("delay_s", [0, 1 / RATE, 0.5 / RATE, 0.0101234, 1.0])
def test_delayed_by_a_constant(delay_s):
    audio = hiss(2, 20, HOP)
    ours = delays.delayed(audio, torch.full((2, 21), delay_s, dtype=torch.float64), clock())
    expected = [late(row, delay_s) for row in audio.flatten(1).numpy()]
    np.testing.assert_allclose(ours.flatten(1), expected, rtol=0, atol=1e-9)


def test_delayed_by_a_moving_delay():
    audio, delay_s = hiss(2, 20, HOP), 0.01 * (1 + hiss(2, 21, seed=1))
    ours = delays.delayed(audio, delay_s, clock())
    assert ours.shape == audio.shape
    for row in range(2):
        moving = np.interp(np.arange(20 * HOP), np.arange(21) * HOP, delay_s[row].numpy())
        np.testing.assert_allclose(ours[row].flatten(), late(audio[row].flatten().numpy(), moving), rtol=0, atol=1e-9)


def echoed(audio, time_s, feedback):
    """Echoes one after the other, each a delayed copy of the sound."""
    repeats = int(len(audio) / RATE / time_s) + 1
    return sum(feedback ** (k - 1) * late(audio, k * time_s) for k in range(1, repeats + 1))


@pytest.mark.parametrize(
    "time_s, feedback", [(100 / RATE, 0.5), (0.0123456, 0.9), (2 / RATE, 0.7), (0.02, 0), (9, 0.5)]
)
def test_echoes_are_delayed_copies(time_s, feedback):
    audio = hiss(1, 20, HOP)
    wet = spectral.convolve(audio, delays.echoes(column(time_s), column(feedback), clock()))
    expected = echoed(audio.flatten().numpy(), time_s, feedback)
    np.testing.assert_allclose(wet.flatten(), expected, rtol=0, atol=1e-5)  # no feedback is a millionth
    ours = Delay().forward(clock(), audio, time=column(time_s), feedback=column(feedback), mix=column(0.3))
    np.testing.assert_allclose(ours.flatten(), audio.flatten().numpy() + 0.3 * expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_frames, hop", [(20, 100), (1, 1), (1, 997), (31, 7)])
def test_convolve_is_scipys(n_frames, hop):
    audio, impulse = hiss(2, 3, n_frames, hop)
    expected = signal.fftconvolve(audio.flatten(1), impulse.flatten(1), axes=1)[:, : n_frames * hop]
    ours = spectral.convolve(audio, impulse)
    assert ours.shape == audio.shape
    np.testing.assert_allclose(ours.flatten(1), expected, rtol=0, atol=1e-10)


def test_chorus_is_three_moving_copies():
    audio, mix, rate, depth = hiss(1, 40, HOP), 0.6, 4.0, 0.003
    knobs = {"rate": column(rate), "depth": column(depth)}
    dry = Chorus().forward(clock(40), audio, **knobs, mix=column(0))
    assert torch.equal(dry, audio)
    flat, boundary_s = audio.flatten().numpy(), np.arange(41) * HOP / RATE
    moving = [0.01 + depth * np.sin(2 * np.pi * (rate * boundary_s + third)) for third in (0, 1 / 3, 2 / 3)]
    copies = [late(flat, np.interp(np.arange(40 * HOP), np.arange(41) * HOP, m)) for m in moving]
    wet = Chorus().forward(clock(40), audio, **knobs, mix=column(mix))
    np.testing.assert_allclose(wet.flatten(), flat + mix * sum(copies) / 3, rtol=0, atol=1e-9)


def room(audio, index=0, **knobs):
    """What a reverb adds to a sound."""
    time = clock(audio.shape[1])
    key = random.keys(torch.arange(index, index + len(audio)), seed=0, stream="noise")
    knobs = {"decay": 0.5, "predelay": 0, "brightness": 130, "damping": 0, "mix": 1, **knobs}
    knobs = {name: torch.full((len(audio),), value, dtype=torch.float64) for name, value in knobs.items()}
    return (Reverb().forward(time, audio, key, **knobs) - audio).flatten(1).numpy()


@pytest.mark.parametrize("decay", [0.15, 0.5, 1.5])
def test_a_room_falls_by_60_db_in_its_decay(decay):
    rooms = [room(click(round(decay * 1.5 * RATE / HOP)), index, decay=decay)[0] for index in (0, 1)]
    for answer in rooms:
        left_db = 10 * np.log10(np.cumsum(answer[::-1] ** 2)[::-1] / (answer**2).sum())  # Schroeder's integral
        first, last = np.searchsorted(-left_db, [5, 35])
        slope_db = np.polyfit(np.arange(first, last) / RATE, left_db[first:last], 1)[0]
        assert -60 / slope_db == pytest.approx(decay, rel=0.15)
    assert abs(np.corrcoef(rooms)[0, 1]) < 0.1, "another key is another room"


@pytest.mark.parametrize("knobs", [{}, {"brightness": 80.0}, {"damping": 6.0}, {"predelay": 0.1}], ids=str)
def test_a_room_has_as_much_energy_as_its_impulse(knobs):
    assert (room(click(441), **knobs) ** 2).sum() == pytest.approx(1, abs=1e-6)
    assert (room(click(441), mix=0.5, **knobs) ** 2).sum() == pytest.approx(0.25, abs=1e-6)
    assert not room(click(441), mix=0.0, **knobs).any()


def test_a_room_is_as_loud_as_the_sound():
    audio = hiss(4, 882, HOP)
    energy_db = 10 * np.log10((room(audio, decay=0.3) ** 2).sum(axis=1) / (audio.flatten(1).numpy() ** 2).sum(axis=1))
    assert np.abs(energy_db).max() < 1


def test_a_room_waits_for_its_predelay():
    answer = room(click(441), predelay=0.05)[0]
    at_once = room(click(441))[0]
    wait = round(0.05 * RATE)
    assert np.abs(answer[: wait - 1]).max() < 1e-12
    wet, same = answer[wait:], at_once[:-wait]
    assert np.corrcoef(wet, same)[0, 1] > 0.99


def centre_hz(sound):
    power = np.abs(np.fft.rfft(sound)) ** 2
    return (np.fft.rfftfreq(len(sound), 1 / RATE) * power).sum() / power.sum()


def test_dark_rooms_are_dark_and_damped_rooms_grow_dark():
    bright, dark, damped = (
        room(click(441), **knobs)[0] for knobs in ({}, {"brightness": 80}, {"brightness": 110, "damping": 4})
    )
    assert centre_hz(bright) > 7000 > 2000 > centre_hz(dark)
    early, end = damped[:4410], damped[17640:22050]
    assert centre_hz(early) > 2 * centre_hz(end)


def test_soft_clip_is_tanh_for_slow_sounds():
    turns = 100 * torch.arange(20 * HOP).double() / RATE
    sound = 4 * torch.sin(2 * torch.pi * turns)
    half_a_sample_ago = 4 * np.sin(2 * np.pi * (turns.numpy() - 50 / RATE))
    ours = distortion.soft_clip(sound.view(1, 20, HOP)).flatten().numpy()
    np.testing.assert_allclose(ours[1:], np.tanh(half_a_sample_ago)[1:], rtol=0, atol=1e-2)


def test_soft_clip_is_the_mean_of_tanh_between_two_samples():
    audio = 3 * hiss(1, 1, 200)
    x = np.concatenate([[0], audio.flatten().numpy()])
    line = x[:-1, None] + np.diff(x)[:, None] * (np.arange(1000) + 0.5) / 1000
    np.testing.assert_allclose(distortion.soft_clip(audio).flatten(), np.tanh(line).mean(axis=1), rtol=0, atol=1e-4)


@pytest.mark.parametrize("hz", [1000, 3000, 5000])
def test_soft_clip_aliases_less_than_tanh(hz):
    n = 1 << 14
    driven = 10 ** (24 / 20) * np.sin(2 * np.pi * hz * np.arange(n) / RATE)

    def folded_db(sound, below_hz):
        power = np.abs(np.fft.rfft(sound * np.kaiser(n, 20))) ** 2
        multiple = np.arange(n // 2 + 1) / (hz * n / RATE)
        bins_away = np.abs(multiple - np.round(multiple)) * hz * n / RATE
        in_band = multiple * hz < below_hz
        return 10 * np.log10(power[(bins_away > 12) & in_band].sum())

    ours = distortion.soft_clip(torch.from_numpy(driven).view(1, 1, n)).flatten().numpy()
    # What folds from just above Nyquist to just below is the least subdued.
    for below_hz, less_db in ((RATE / 2, 5), (10000, 14), (5000, 24)):
        assert folded_db(ours, below_hz) < folded_db(np.tanh(driven), below_hz) - less_db


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distortion_stays_within_one(dtype):
    time = clock(dtype=dtype)
    wild = torch.stack([1e3 * hiss(20, HOP), hiss(20, HOP), 1e-6 * hiss(20, HOP), hiss(20, HOP).sign()]).to(dtype)
    for drive in (-12, 0, 36):
        sound = Distortion().forward(time, wild, drive=column(*[drive] * 4))
        assert sound.dtype == dtype and sound.isfinite().all() and sound.abs().max() <= 1


def test_distortion_hardly_notices_single_precision():
    audio = hiss(1, 20, HOP).cumsum(dim=2) / 10  # samples near and far from the ones before
    double, single = (
        Distortion().forward(clock(dtype=dtype), audio.to(dtype), drive=column(36))
        for dtype in (torch.float64, torch.float32)
    )
    torch.testing.assert_close(single.double(), double, rtol=0, atol=1e-3)


def test_distortion_leaves_faint_sounds_alone():
    turns = 100 * torch.arange(20 * HOP).double() / RATE
    faint = 1e-3 * torch.sin(2 * torch.pi * turns).view(1, 20, HOP)
    sound = Distortion().forward(clock(), faint, drive=column(6)).flatten()
    np.testing.assert_allclose(sound[1:], 10 ** (6 / 20) * (faint.flatten()[1:] + faint.flatten()[:-1]) / 2, atol=1e-7)


def boxes():
    """Every module of the package."""
    found = (importlib.import_module(f"{modules.__name__}.{m.name}") for m in pkgutil.iter_modules(modules.__path__))
    classes = {c for m in found for c in vars(m).values() if inspect.isclass(c) and issubclass(c, Module)}
    return sorted(classes - {Module}, key=lambda c: c.__name__)


@pytest.mark.parametrize("cls", boxes())
def test_modules_and_their_knobs_are_explained(cls):
    assert inspect.getdoc(cls) != inspect.getdoc(Module)
    for knob in cls.knobs:
        assert knob.unit in UNITS and knob.doc.strip(), f"{cls.__name__}.{knob.name}"
    assert len({knob.name for knob in cls.knobs}) == len(cls.knobs)
