"""Every primitive of Soundscape by its character, measured with scipy; beds, rooms, and who sounds when."""

import numpy as np
import pytest
import torch
from scipy import signal, stats

from synths.dsp import chance
from synths.dsp.clock import Clock
from synths.procedural.soundscape import PRIMITIVES, Soundscape, bed

RATE = 16000


def alone(kind, n=1, seconds=4.0, **knobs):
    """Sounds of one primitive in a dry room without a bed: (n, n_samples)."""
    plain = {"scene.n_events": 0.5, "bed.level": -75.0, "room.mix": 0.0, "event_1.kind": number(kind) + 0.5}
    event = {"duration": seconds, "attack": 0.001, "release": 0.005, "level": 0.0}
    ranges = plain | {f"event_1.{knob}": value for knob, value in event.items()}
    ranges |= {f"event_1.{kind}.{knob}": float(value) for knob, value in knobs.items()}
    return Soundscape(seconds=seconds, ranges=ranges).play(torch.arange(n)).double().numpy()


def number(kind):
    return list(PRIMITIVES).index(kind)


def power(sound):
    return signal.welch(sound, RATE, nperseg=4096, axis=-1)


def loudness(sound, cutoff_hz):
    """The envelope of a sound: its rectified wave through a low-pass."""
    return signal.sosfiltfilt(signal.butter(3, cutoff_hz, fs=RATE, output="sos"), np.abs(sound))


def rhythm(sound, low_hz, high_hz):
    """The strongest frequency of the envelope between two, and its strength against the mean."""
    envelope = loudness(sound, 2 * high_hz)
    spectrum = 2 * np.abs(np.fft.rfft(envelope * signal.windows.hann(len(sound)) * 2, 8 * len(sound))) / len(sound)
    hz = np.fft.rfftfreq(8 * len(sound), 1 / RATE)
    inside = (hz >= low_hz) & (hz <= high_hz)
    best = np.argmax(np.where(inside, spectrum, 0))
    return hz[best], spectrum[best] / envelope.mean()


def peak_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound * signal.windows.hann(len(sound)), 4 * len(sound)))
    return np.argmax(spectrum) * RATE / (4 * len(sound))


@pytest.mark.parametrize("slide", [24.0, -18.0])
def test_a_glide_slides_and_stays(slide):
    [sound] = alone("glide", pitch=60, slide=slide, time=2, repeat=0.5, brightness=0.5)
    for time_s, done in ((0.5, 0.25), (1.0, 0.5), (1.5, 0.75), (3.0, 1.0)):
        middle = round(time_s * RATE)
        expected = 440 * 2 ** ((60 + slide * done - 69) / 12)
        assert abs(peak_hz(sound[middle - 400 : middle + 400]) / expected - 1) < 0.03


def test_a_chirp_comes_again_and_again():
    [sound] = alone("glide", pitch=80, slide=12, time=0.25, repeat=1.5)
    hz, strength = rhythm(sound, 1, 10)
    assert abs(hz - 4) < 0.1 and strength > 0.3


def test_a_tone_trembles_in_pitch_and_loudness():
    knobs = {"pitch": 69, "brightness": 0, "vibrato": 1, "vibrato_rate": 5, "tremolo": 0.7, "tremolo_rate": 3}
    [sound] = alone("tone", **knobs)
    hz, strength = rhythm(sound, 1, 20)
    assert abs(hz - 3) < 0.1 and strength > 0.4
    band = signal.sosfiltfilt(signal.butter(4, [300, 600], "band", fs=RATE, output="sos"), sound)
    pitch = np.diff(np.unwrap(np.angle(signal.hilbert(band)))) * RATE / 2 / np.pi
    semitones = 12 * np.log2(np.clip(pitch[RATE:-RATE], 300, 600) / 440)
    wave = np.exp(-2j * np.pi * 5 * np.arange(len(semitones)) / RATE)
    assert abs(2 * abs(np.mean(wave * semitones)) - 1) < 0.1


def test_a_tremolo_is_as_deep_as_it_says():
    [sound] = alone("tone", brightness=0, vibrato=0, tremolo=0.6, tremolo_rate=2)
    envelope = loudness(sound, 30)[RATE : 3 * RATE]
    assert abs(envelope.min() / envelope.max() - 0.4) < 0.05


def test_partials_of_a_glide_beyond_half_the_sample_rate_are_left_out():
    [sound] = alone("glide", pitch=96, slide=12, time=0.05, repeat=0.5, brightness=1)
    hz, density = power(sound[RATE:])
    for k in (2, 3):
        folded_hz = abs(RATE - k * 4186)
        assert density[np.abs(hz - folded_hz) < 20].max() < 1e-6 * density.max()


def test_an_impact_dies_at_its_rate():
    knobs = {"pitch": 76, "body": 0, "decay": 1.5, "material": 0, "contact": 0.0005, "place": 0.3, "warble": 0}
    [sound] = alone("impact", **knobs)
    level_db = 20 * np.log10(loudness(sound, 20) + 1e-9)
    slope = stats.linregress(np.arange(RATE) / RATE, level_db[1600 : 1600 + RATE]).slope
    assert abs(slope + 60 / 1.5) < 4


def test_a_string_rings_at_harmonics_and_dies():
    knobs = {"pitch": 57, "decay": 4, "damping": 0.3, "inharmonicity": 0, "detune": 0, "pluck": 0.13, "pickup": 0.1}
    [sound] = alone("pluck", **knobs)
    hz, density = power(sound)
    peaks = hz[signal.find_peaks(density, density.max() / 1000)[0]]
    assert len(peaks) >= 4 and np.abs(peaks / 220 - np.round(peaks / 220)).max() < 0.03
    assert np.sum(sound[-RATE:] ** 2) < 0.2 * np.sum(sound[:RATE] ** 2)


@pytest.mark.parametrize("stopped", [0.0, 1.0])
def test_a_stopped_pipe_has_odd_harmonics(stopped):
    [sound] = alone("blow", pitch=72, narrow=100, stopped=stopped, brightness=0.8, hiss=0, unsteady=0)
    hz, density = power(sound)
    f0 = 440 * 2 ** (3 / 12)
    first, second, between = (density[np.abs(hz - f0 * k) < 12].mean() for k in (1, 2, 1.5))
    assert first > 30 * between
    assert (second > 10 * between) == (stopped == 0)


@pytest.mark.parametrize("stick", [0.0, 1.0])
def test_friction_goes_to_and_fro(stick):
    [sound] = alone("friction", stick=stick, stroke=2.5, roughness=800, body=800, ring=5)
    hz, strength = rhythm(sound, 1, 8)
    assert abs(hz - 2.5) < 0.15 and strength > 0.3


def test_a_squeal_is_highest_where_the_stroke_is_fastest():
    [sound] = alone("friction", pitch=70, stick=1, stroke=0.5, body=466, ring=2)
    for time_s, below in ((0.5, 2.5), (1.0, 0.0), (1.5, 2.5)):
        at = round(time_s * RATE)
        expected = 440 * 2 ** ((70 - below - 69) / 12)
        assert abs(12 * np.log2(_lowest_partial(sound[at - 1000 : at + 1000]) / expected)) < 0.75


def test_a_scrape_is_noise_and_a_squeal_is_a_note():
    flatness = []
    for stick in (0.0, 1.0):
        [sound] = alone("friction", pitch=70, stick=stick, stroke=0.5, roughness=2000, body=800, ring=2)
        _, density = signal.periodogram(sound[RATE // 2 : 3 * RATE // 2], RATE)
        some = density[300:3000]
        flatness.append(np.exp(np.mean(np.log(some))) / some.mean())
    assert flatness[0] > 3 * flatness[1]


def test_a_voice_has_formants():
    for open_hz, front_hz in ((300.0, 2200.0), (750.0, 1200.0)):
        vowel = {f"{which}_open": open_hz for which in ("first", "second")}
        vowel |= {f"{which}_front": front_hz for which in ("first", "second")}
        throat = {"pitch": 45, "slide": 0, "vibrato": 0, "breath": 1, "tilt": 8000}
        [sound] = alone("voice", **throat, **vowel, size=1, focus=1)
        hz, density = power(sound)
        peaks = hz[signal.find_peaks(signal.savgol_filter(np.log(density), 41, 3), prominence=1.5)[0]]
        assert np.abs(peaks - open_hz).min() < 80 and np.abs(peaks - front_hz).min() < 120


def test_an_animal_cries_in_a_row_and_rises():
    [sound] = alone("call", pitch=60, arch=12, rate=2, length=0.9, harsh=0, throat=500, open=0, focus=1)
    hz, strength = rhythm(sound, 1, 8)
    assert abs(hz - 2) < 0.1 and strength > 0.3
    start, middle = (_lowest_partial(sound[at - 500 : at + 500]) for at in (RATE + 700, RATE + round(0.225 * RATE)))
    assert abs(middle / 523 - 1) < 0.05 and start < 0.8 * middle


def test_the_throat_of_an_animal_opens_halfway():
    sounds = alone("call", 4, pitch=45, arch=0, rate=0.7, length=0.95, harsh=1, throat=800, open=1, focus=6)
    halfway = round(0.95 / 0.7 / 2 * RATE)
    hz, density = power(sounds[:, halfway - 2048 : halfway + 2048])
    closed, opened = (density[:, np.abs(hz - middle) < 150].mean() for middle in (800, 1600))
    assert opened > 4 * closed


def _lowest_partial(sound):
    spectrum = np.abs(np.fft.rfft(sound * signal.windows.blackmanharris(len(sound)), 8192))
    return signal.find_peaks(spectrum, 0.1 * spectrum.max())[0][0] * RATE / 8192


def test_drops_fall_at_random_as_often_as_they_should():
    clock = Clock(RATE, 128, 12500, torch.device("cpu"), torch.float64)
    drops = chance.drops(torch.tensor([99]), torch.full((1, 12501), 25.0).double(), clock).flatten()
    at = drops.nonzero()[:, 0].numpy()
    assert abs(len(at) / 100 - 25) < 2.5
    assert stats.kstest(np.diff(at) / RATE, stats.expon(scale=1 / 25).cdf).pvalue > 1e-3
    assert stats.kstest(drops.abs().numpy()[at], "uniform").pvalue > 1e-3


def test_wandering_is_smooth_and_as_fast_as_it_should_be():
    clock = Clock(RATE, 128, 12500, torch.device("cpu"), torch.float64)
    [path] = chance.wander(torch.tensor([7]), torch.tensor([2.0]).double(), clock).numpy()
    assert np.abs(path).max() <= 1 and np.abs(np.diff(path)).max() < 3 * 2 * clock.frame_s
    grid = np.interp(np.arange(1, 199) / 2, np.arange(12501) * clock.frame_s, path)
    assert stats.kstest(grid, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    assert abs(np.corrcoef(grid[:-1], grid[1:])[0, 1]) < 0.2


def test_rain_and_fire_are_made_of_clicks_and_wind_is_not():
    rain = alone("rain", 4, rate=10, ring=3, hiss=0.02)
    fire = alone("fire", 4, crackle=10, wild=3, roar=0.1, hiss=0.002)
    wind = alone("wind", 4, pitch=800, howl=1, gusty=0)
    clicks = [stats.kurtosis(sounds, axis=1).min() for sounds in (rain, fire)]
    assert min(clicks) > 20
    assert np.abs(stats.kurtosis(wind, axis=1)).max() < 1


def test_heavier_rain_has_more_drops():
    light, heavy = (stats.kurtosis(alone("rain", 4, rate=rate, hiss=0, unsteady=0), axis=1) for rate in (8, 300))
    assert light.min() > 3 * heavy.max()


def test_fire_roars_low_and_cracks_high():
    [sound] = alone("fire", crackle=8, crack=3000, wild=2, roar=1, deep=150, hiss=0)
    low, high = (signal.sosfilt(signal.butter(4, 1000, side, fs=RATE, output="sos"), sound) for side in ("low", "high"))
    assert stats.kurtosis(high) > 3 * max(1, stats.kurtosis(low))
    assert np.sum(low**2) > 0.1 * np.sum(high**2)


@pytest.mark.parametrize("pitch", [200.0, 1000.0])
def test_wind_is_noise_about_a_pitch_that_falls_off(pitch):
    [sound] = alone("wind", pitch=pitch, howl=6, gusty=0)
    hz, density = power(sound)
    assert abs(hz[np.argmax(signal.savgol_filter(density, 9, 1))] / pitch - 1) < 0.15
    above = (hz > 3 * pitch) & (hz < 7000)
    assert stats.linregress(np.log(hz[above]), np.log(density[above])).slope < -1


def test_wind_comes_in_gusts():
    still, gusty = (alone("wind", 4, gusty=g, gusts=0.8, howl=1) for g in (0.0, 1.0))
    spread = [np.mean([np.std(e) / np.mean(e) for e in (loudness(s, 3) for s in some)]) for some in (still, gusty)]
    assert spread[1] > 0.4 > 2 * spread[0]


def test_an_engine_fires_four_times_a_turn():
    [sound] = alone("engine", speed=12, revving=0, uneven=0, sharp=8, gas=0.3, rattle=0, exhaust=300)
    hz, strength = rhythm(sound, 5, 70)
    assert abs(hz / 48 - 1) < 0.03 and strength > 0.2
    [limping] = alone("engine", speed=12, revving=0, uneven=1, sharp=8, gas=0.3, rattle=0, exhaust=300)
    assert rhythm(limping, 10, 14)[1] > 3 * rhythm(sound, 10, 14)[1]


def test_an_engine_revs_up_and_stays_there():
    knobs = {"speed": 12, "revving": 1, "revving_time": 1, "uneven": 0, "sharp": 8, "gas": 0.3, "exhaust": 300}
    [sound] = alone("engine", rattle=0, **knobs)
    for second in sound.reshape(4, RATE)[1:]:
        assert abs(rhythm(second, 60, 150)[0] / 96 - 1) < 0.04


def test_a_crowd_talks_in_syllables_and_many_pitches():
    crowd = alone("crowd", 4, murmur=0.2, rate=4)
    for sound in crowd:
        envelope = loudness(sound, 8)
        assert 0.15 < np.std(envelope) / np.mean(envelope) < 0.8
    hz, density = power(crowd.mean(axis=0))
    assert density[(hz > 150) & (hz < 2500)].sum() > 0.9 * density.sum()


def test_talkers_are_spread_evenly_in_pitch():
    [sound] = alone("crowd", pitch=57, spread=10, rate=2, lively=0, murmur=0)
    hz, density = power(sound)
    pitches = 220 * 2 ** (np.arange(0, 11, 2.5) / 12)
    voiced, between = (
        [density[np.abs(hz - middle) < 5].max() for middle in some]
        for some in (pitches, np.sqrt(pitches[1:] * pitches[:-1]))
    )
    assert min(voiced) > 10 * max(between)


def test_the_default_type_changes_no_talker():
    plain = alone("crowd", seconds=0.2, spread=12)
    torch.set_default_dtype(torch.bfloat16)
    try:
        again = alone("crowd", seconds=0.2, spread=12)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(again, plain, rtol=0, atol=1e-6)


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 1.0, 2.0])
def test_a_bed_has_its_colour_and_its_level(exponent):
    clock = Clock(RATE, 128, 1280, torch.device("cpu"), torch.float64)
    knobs = (torch.tensor([x]).double() for x in (exponent, -20.0))
    [sound] = bed(torch.tensor([3]), *knobs, clock).flatten(1).numpy()
    hz, density = power(sound)
    some = (hz > 100) & (hz < 7500)
    assert abs(stats.linregress(np.log(hz[some]), np.log(density[some])).slope + exponent) < 0.1
    assert abs(10 * np.log10(np.mean(sound**2)) + 20) < 0.01


def test_events_say_when_it_sounds():
    levels = {f"event_{e}.level": [-6, 0] for e in range(1, 6)}
    synth = Soundscape(ranges={"bed.level": -75, "room.mix": 0, **levels})
    index = torch.arange(12)
    sounds, events = synth.play(index).numpy(), synth.events(synth.sample(index))
    t = np.arange(synth.n_samples) / RATE
    assert events.active[:, -1].all() and (events.source[:, -1] == synth.sources.index("bed")).all()
    for row, sound in enumerate(sounds):
        planned = np.zeros(len(t), dtype=bool)
        for e in range(5):
            on, off = float(events.onset_s[row, e]), float(events.offset_s[row, e])
            if events.active[row, e]:
                inside = (t > on - 1e-3) & (t < off + 1e-3)
                planned |= inside
                assert np.abs(sound[inside]).max() > 0.1
        assert np.abs(sound[~planned]).max() < 0.005


def test_a_room_goes_on_sounding():
    settings = {"scene.n_events": 0.5, "bed.level": -75, "event_1.kind": number("impact") + 0.5, "event_1.place": 0}
    settings |= {"event_1.duration": 0.2, "room.decay": 2, "room.predelay": 0}
    tails = []
    for mix in (0.0, 1.0):
        [sound] = Soundscape(seconds=2, ranges=settings | {"room.mix": mix}).play(torch.arange(1)).numpy()
        tails.append(np.sum(sound[5000:] ** 2))
    assert tails[1] > 100 * tails[0]


@pytest.mark.parametrize("seconds", [0.05, 0.37, 6.0])
def test_scenes_of_any_length(seconds):
    synth = Soundscape(seconds=seconds)
    theta = synth.sample(torch.arange(8))
    sound, events = synth.render(theta), synth.events(theta)
    assert sound.shape == (8, round(seconds * RATE)) and sound.isfinite().all()
    assert (events.onset_s >= 0).all() and (events.offset_s <= seconds + 1e-9).all()


def test_every_part_is_one_graph():
    synth = Soundscape(seconds=0.1, ranges={"event_1.kind": [4, 6], "scene.n_events": 0.5})
    plain = synth.play(torch.arange(6))
    synth.compile(fullgraph=True, backend="eager", dynamic=False)
    torch.testing.assert_close(synth.play(torch.arange(6)), plain, rtol=0, atol=1e-6)
