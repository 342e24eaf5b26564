"""AudioPG against the numbers of the released generator, its formulas, and scipy's filters."""

import math

import numpy as np
import pytest
import torch
from scipy import signal, stats

from synths.procedural.audiopg import AudioPG
from synths.procedural.scene import PlannedEvents

RATE = 16000
PLAIN = {
    "clip.burst": 0.5,
    "clip.lowpass": 0.5,
    "clip.n_events": 0.5,
    "clip.noise": 0.001,
    "event_1.duration": 1.0,
    "event_1.attack": 0.1,
    "event_1.decay": 0.2,
    "event_1.place": 0.3,
    "event_1.cut": 0.6,
}
HARMONIC, FM, PULSE = ({"clip.mode": mode} for mode in (0.5, 1.5, 2.5))


def clip(**settings):
    """One sound of one plain event, (n,), with its times."""
    ranges = settings.pop("ranges")
    synth = AudioPG(ranges=PLAIN | ranges, **settings)
    return synth.play(torch.tensor([3])).double().numpy()[0], np.arange(synth.n_samples) / RATE


def magnitudes(sound, hz):
    """Amplitude of the steady middle of a sound at these frequencies."""
    window = signal.windows.blackmanharris(len(sound))
    turns = np.exp(-2j * np.pi * np.outer(hz, np.arange(len(sound)) / RATE))
    return 2 * np.abs(turns @ (window * sound)) / window.sum()


@pytest.fixture(scope="module")
def drawn():
    synth = AudioPG()
    theta = synth.sample(torch.arange(4000), seed=5)
    names = dict(zip(synth.space.names, synth.space.to_physical(theta).T.numpy(), strict=True))
    return names, PlannedEvents(*(x.numpy() for x in synth.events(theta)))


def test_fundamentals_and_levels_are_drawn_from_the_released_ranges(drawn):
    names, _ = drawn
    ranges = {
        "clip.f0": (50, 2000),
        "clip.index": (0.5, 8),
        "clip.burst_duration": (0.01, 0.1),
        "clip.burst_gain": (0.5, 2),
        "clip.cutoff": (200, 6000),
        "clip.noise": (0.001, 0.02),
        "partial_7.decay": (0.5, 1.5),
        "partial_7.level": (0.5, 1.2),
        "partial_7.detune": (0.995, 1.005),
        "event_3.attack": (0.01, 0.3),
        "event_3.decay": (0.1, 0.4),
    }
    for name, (low, high) in ranges.items():
        assert stats.kstest(names[name], stats.uniform(low, high - low).cdf).pvalue > 1e-4, name


def test_choices_have_the_released_shares(drawn):
    names, events = drawn
    n = len(names["clip.f0"])
    share = np.bincount(events.source[:, 0], minlength=4) / n
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 1 / 6, 1 / 6], atol=0.03)
    counts = np.bincount(events.active[:, :5].sum(axis=1), minlength=6)[1:]
    assert stats.chisquare(counts).pvalue > 1e-4
    assert abs(np.mean(names["clip.burst"] >= 2) - 0.6) < 0.03
    assert abs(np.mean(names["clip.lowpass"] >= 3) - 0.7) < 0.03


@pytest.mark.parametrize("count", [1, 3, 5])
def test_events_are_as_long_and_lie_where_the_released_generator_puts_them(drawn, count):
    events = drawn[1]
    rows = events.active[:, :5].sum(axis=1) == count
    onset, duration = events.onset_s[rows, 0], (events.offset_s - events.onset_s)[rows, 0]
    assert stats.kstest(duration, stats.uniform(0.5, 10.24 / count - 0.5).cdf).pvalue > 1e-4
    assert stats.kstest(onset / (10.24 - duration), "uniform").pvalue > 1e-4


def test_the_envelope_rises_falls_to_six_tenths_and_dies():
    sound, t = clip(ranges={**PULSE, "clip.wave": 0.5, "clip.f0": 500.0, "event_1.duration": 0.3})
    length = 0.5 + 0.3 * (10.24 - 0.5)
    onset = 0.3 * (10.24 - length)
    loud = np.sqrt(np.convolve(sound**2, np.ones(320) / 320, "same"))
    expected = np.interp(t, onset + length * np.array([0, 0.1, 0.3, 1]), [0, 1, 0.6, 0])
    assert np.abs(loud / loud.max() - expected).max() < 0.03


def test_partials_lie_at_multiples_of_the_fundamental():
    k = np.arange(1, 11)
    settings = {"clip.f0": 440.0, "clip.n_partials": 7.5}
    settings |= {f"partial_{i}.detune": 1 + 0.0004 * i for i in k}
    settings |= {f"partial_{i}.decay": 1.2 for i in k} | {f"partial_{i}.level": 1.0 for i in k}
    sound, _ = clip(ranges={**HARMONIC, **settings, "event_1.duration": 1.0, "event_1.place": 0.0})
    middle = sound[4 * RATE : 8 * RATE]
    spectrum = np.abs(np.fft.rfft(middle * signal.windows.blackmanharris(len(middle))))
    hz = np.fft.rfftfreq(len(middle), 1 / RATE)
    peaks = signal.find_peaks(spectrum, spectrum.max() / 100, distance=400)[0]
    np.testing.assert_allclose(hz[peaks], 440 * k * (1 + 0.0004 * k), atol=0.3)
    np.testing.assert_allclose(spectrum[peaks] / spectrum[peaks[0]], k**-1.2, rtol=0.1)


@pytest.mark.parametrize("index", [0.7, 3.0, 7.9])
def test_fm_is_a_sine_of_a_sine(index):
    settings = {"clip.f0": 200.0, "clip.index": index, "clip.ratio": 2.5, "event_1.duration": 0.5}
    sound, t = clip(ranges={**FM, **settings})
    length = 0.5 + 0.5 * (10.24 - 0.5)
    t = t + 0.3 * (10.24 - length)  # cut at 0.6 of what is left, placed at 0.3
    direct = np.sin(2 * np.pi * 200 * t + index * np.sin(2 * np.pi * 300 * t))
    onset = 0.3 * (10.24 - length)
    envelope = np.interp(t - onset, onset + length * np.array([0, 0.1, 0.3, 1]), [0, 1, 0.6, 0])
    assert residual_db(sound, direct * envelope) < -40


def test_saws_have_all_harmonics_and_squares_the_odd_ones():
    k = np.arange(1, 40)
    for wave, expected in ((0.5, 1 / k), (1.5, (k % 2) / k)):
        sound, _ = clip(ranges={**PULSE, "clip.wave": wave, "clip.f0": 150.0, "event_1.place": 0.0})
        measured = magnitudes(sound[4 * RATE : 8 * RATE], 150 * k)
        np.testing.assert_allclose(measured / measured[0], expected, atol=2e-3)


@pytest.mark.parametrize("kind", [HARMONIC, FM, PULSE | {"clip.wave": 0.5}, PULSE | {"clip.wave": 1.5}])
def test_nothing_folds_back(kind):
    settings = {"clip.f0": 1930.0, "clip.n_partials": 12.5, "clip.index": 8.0, "clip.ratio": 1.5}
    settings |= {f"partial_{i}.detune": 1.0 for i in range(1, 16)}
    sound, _ = clip(ranges={**kind, **settings, "event_1.place": 0.0})
    middle = sound[4 * RATE : 8 * RATE]
    spectrum = np.abs(np.fft.rfft(middle * signal.windows.blackmanharris(len(middle))))
    hz = np.fft.rfftfreq(len(middle), 1 / RATE)
    away = np.abs(hz / 1930 - np.round(hz / 1930)) * 1930 > 10
    assert 20 * math.log10(spectrum[away].max() / spectrum.max()) < -60
    assert spectrum[~away & (hz > 1000)].max() > 0.1 * spectrum.max()


@pytest.mark.parametrize("kind", [HARMONIC, FM, PULSE])
@pytest.mark.parametrize("cutoff_hz", [300.0, 2500.0])
def test_the_low_pass_is_that_of_scipy(kind, cutoff_hz):
    ranges = {**kind, "clip.f0": 230.0, "clip.burst": 4.5, "clip.burst_place": 0.6, "clip.cutoff": cutoff_hz}
    dry, _ = clip(ranges=ranges)
    wet, _ = clip(ranges=ranges | {"clip.lowpass": 5.0})
    w0 = 2 * np.pi * cutoff_hz / RATE
    alpha, cos = np.sin(w0) / np.sqrt(2), np.cos(w0)
    expected = signal.lfilter([(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha], dry)
    assert residual_db(wet, expected) < -40


def test_events_say_when_it_sounds():
    synth = AudioPG(ranges={"clip.noise": 0.001, "clip.lowpass": 0.5})
    index = torch.arange(24)
    sounds, events = synth.play(index).numpy(), synth.events(synth.sample(index))
    t = np.arange(synth.n_samples) / RATE
    for row, sound in enumerate(sounds):
        planned = np.zeros(len(t), dtype=bool)
        for e in range(5):
            on, off = float(events.onset_s[row, e]), float(events.offset_s[row, e])
            if events.active[row, e]:
                planned |= (t > on - 0.01) & (t < off + 0.01)
                middle = (t > on + 0.3 * (off - on)) & (t < on + 0.5 * (off - on))
                assert np.abs(sound[middle]).max() > 0.05
        assert not (~planned).any() or np.abs(sound[~planned]).max() < 0.01


def test_events_hold_the_times_of_bursts():
    low = {**HARMONIC, "clip.f0": 60.0, "clip.noise": 0.001, "clip.lowpass": 0.5, "clip.burst_gain": 2.0}
    synth = AudioPG(ranges=low)
    index = torch.arange(40)
    sounds, events = synth.play(index).numpy(), synth.events(synth.sample(index))
    assert 5 < events.active[:, 5:].sum() < 100
    above = signal.butter(6, 3000, "high", fs=RATE, output="sos")  # only noise is there
    for row, sound in enumerate(signal.sosfilt(above, sounds, axis=1)):
        audible = np.zeros(len(sound), dtype=bool)
        for e in range(5, 10):
            on, off = (round(float(x[row, e]) * RATE) for x in (events.onset_s, events.offset_s))
            if events.active[row, e]:
                audible[max(0, on - 10) : off + 200] = True
                assert off - on < 100 or np.abs(sound[on:off]).max() > 0.003
        assert np.abs(sound[~audible]).max() < 0.004


def test_every_part_is_one_graph():
    synth = AudioPG(seconds=0.1, ranges={**HARMONIC, "clip.f0": [400, 2000]})
    plain = synth.play(torch.arange(12))
    synth.compile(fullgraph=True, backend="eager")
    torch.testing.assert_close(synth.play(torch.arange(12)), plain, rtol=0, atol=1e-6)


def test_short_clips_and_other_rates():
    for settings in ({"seconds": 0.05}, {"seconds": 0.3, "sample_rate": 44100}, {"seconds": 0.5, "sample_rate": 8000}):
        synth = AudioPG(**settings)
        theta = synth.sample(torch.arange(16))
        sound, events = synth.render(theta), synth.events(theta)
        assert sound.isfinite().all() and (sound.abs().amax(dim=1) - 1).abs().max() < 1e-6
        assert (events.offset_s <= synth.seconds + 1e-9).all() and (events.onset_s >= 0).all()


def residual_db(sound, expected):
    """What is left of a sound when the expected one is taken out, at its best level."""
    gain = sound @ expected / (expected @ expected)
    return 10 * math.log10(np.sum((sound - gain * expected) ** 2) / np.sum(sound**2))
