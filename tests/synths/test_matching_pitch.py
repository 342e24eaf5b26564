"""Pitch of sounds of known pitch, and searches that begin at it."""

import math

import pytest
import torch

import synths
from synths.matching import Search, match, pitch_of, tune
from synths.matching.pitch import pitch_columns, pitches_of, transposed

RATE = 8000
TIME_S = torch.arange(RATE // 2) / RATE


def tone(midi, partials=6):
    """A sound of equal partials."""
    hz = 440 * 2 ** ((midi - 69) / 12)
    return sum(torch.sin(2 * torch.pi * n * hz * TIME_S) for n in range(1, partials + 1)) / partials


@pytest.mark.parametrize("midi", [40.0, 57.25, 69.0])
@pytest.mark.parametrize("partials", [1, 6])
def test_pitch_is_that_of_a_tone(midi, partials):
    sound = tone(midi, partials)
    assert pitch_of(sound, RATE) == pytest.approx(midi, abs=0.15)
    assert pitches_of(sound[None], RATE).item() == pytest.approx(midi, abs=0.15)


def test_pitch_of_a_short_tone_in_a_long_silence():
    sound = torch.cat([torch.zeros(8000), tone(60.0)[:1600], torch.zeros(8000)])
    assert pitch_of(sound, RATE) == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize("hz, midi", [(23.12, 18.0), (41.2, 28.0), (20.0, math.nan)])
def test_pitch_of_a_bass(hz, midi):
    """The lowest string of a bass guitar, E1, and a pitch that is too low to be measured."""
    sound = sum(torch.sin(2 * torch.pi * n * hz * TIME_S) / n for n in range(1, 15))
    assert pitch_of(sound, RATE) == pytest.approx(midi, abs=0.05, nan_ok=True)
    assert pitches_of(sound[None], RATE).item() == pytest.approx(midi, abs=0.05, nan_ok=True)


def test_noise_and_silence_have_no_pitch():
    noise = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    assert math.isnan(pitch_of(noise, RATE)) and math.isnan(pitch_of(torch.zeros(4000), RATE))
    assert pitches_of(torch.zeros(2, 4000), RATE).isnan().all()


def test_transposed_sounds_have_the_pitch():
    voice = synths.Plucked(sample_rate=RATE, seconds=0.5, ranges={"keyboard.midi_f0": [40, 60]})
    assert [voice.space.names[i] for i in pitch_columns(voice.space)] == ["keyboard.midi_f0"]
    theta = voice.space.to_theta(voice.space.middle(torch.zeros(1))[None])
    up = torch.tensor([4.3])
    before, after = (pitch_of(voice.render(x)[0], RATE) for x in (theta, transposed(voice.space, theta, up)))
    assert after - before == pytest.approx(4.3, abs=0.15)
    assert torch.equal(transposed(voice.space, theta, torch.tensor([math.nan])), theta)
    assert transposed(voice.space, theta, torch.tensor([99.0]))[0, 0] == 1, "the end of the range"


def test_fixed_keys_are_no_pitch_columns():
    assert pitch_columns(synths.Voice(ranges={"keyboard.midi_f0": 60}).space) == []
    assert pitch_columns(synths.Drum().space) == []


def test_starts_are_in_tune_and_keys_stay_near():
    voice = synths.FourOperatorFM(sample_rate=RATE, seconds=0.25)
    target, pitch = tone(52.0)[None, :2000], torch.tensor([52.0])
    search = Search(voice, target, pitch=pitch, n_starts=24, n_survivors=4)
    off = pitches_of(voice.render(search.theta), RATE) - 52
    assert (off.abs() <= 1).sum() >= 3
    column = voice.space.column("keyboard.midi_f0")
    before = voice.space.to_physical(search.theta)[:, column]
    for _ in range(3):
        search.advance()
    now = voice.space.to_physical(search.theta)[:, column]
    assert ((now - before).abs() <= 0.5 + 1e-4).all()


def test_a_silent_start_is_not_in_tune(monkeypatch):
    """No key of this voice reaches the target, and silence must not count as in tune."""
    voice = synths.Plucked(sample_rate=RATE, seconds=0.25, ranges={"keyboard.midi_f0": [30, 40], "output.plectrum": 0})
    theta, column = voice.sample(range(6)), voice.space.column("output.string")
    theta[:, column] = torch.tensor([0.0, 0, 0, 1, 1, 1])
    monkeypatch.setattr(voice, "sample", lambda index, seed: theta)
    search = Search(voice, tone(60)[None, :2000], pitch=torch.tensor([60.0]), n_starts=6, n_survivors=3)
    assert (search.theta[:, column] == 1).all()


def test_a_match_is_in_tune():
    """By the search's own tracker, and by the strongest line of its spectrum: the target is a sine."""
    voice = synths.FourOperatorFM(sample_rate=RATE, seconds=0.25)
    target = tone(57.3, 1)[None, :2000]
    pitch = torch.tensor([pitch_of(target[0], RATE)])
    found = match(voice, target, pitch=pitch, steps=8, n_starts=24, n_survivors=4)
    assert abs(pitch_of(found.sound[0], RATE) - 57.3) < 0.2
    spectrum = torch.fft.rfft(found.sound[0] * torch.hann_window(2000), 1 << 16).abs()
    peak_hz = spectrum.argmax().item() * RATE / (1 << 16)
    octaves = math.log2(peak_hz / (440 * 2 ** ((57.3 - 69) / 12)))
    assert abs(12 * octaves) < 0.5


@pytest.mark.parametrize(("of_best_start", "expected"), [(1.0, 1.0), (1.2, 1.05)])
def test_tuning_raises_the_loss_no_further_than_that_of_the_best_start(monkeypatch, of_best_start, expected):
    """A sound that is a semitone off at a loss of 1, and in tune at 1.05."""
    pitch = torch.tensor([57.0])
    search = Search(synths.Plucked(sample_rate=RATE, seconds=0.25), tone(57.0)[None, :2000], pitch=pitch, n_starts=1)
    search.loss, search.history = torch.ones(1), [torch.tensor([of_best_start])]

    def measured(search, row, theta, wanted):
        moved = not torch.equal(theta, search.theta)
        return tune._Sound(theta, *((1.05, 0.0) if moved else (1.0, 1.0)))

    monkeypatch.setattr(tune, "_measured", measured)
    found = tune.tuned(search, pitch)
    assert found.loss.item() == pytest.approx(expected)
    assert torch.equal(found.theta, search.theta) == (expected == 1.0)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_every_render_of_a_tuned_search_is_counted(monkeypatch, n_targets):
    voice = synths.Plucked(sample_rate=RATE, seconds=0.25)
    target = voice.note("A3")[None, :2000].expand(n_targets, -1)
    rows, render = [], voice.render
    monkeypatch.setattr(voice, "render", lambda theta, *rest: rows.append(len(theta)) or render(theta, *rest))
    pitch = torch.full((n_targets,), 57.0)
    found = match(voice, target, pitch=pitch, steps=2, n_starts=8, n_survivors=3)
    # Targets share 8 starts. The best sounds are rendered before and after tuning, to hand them over.
    assert sum(rows) + 8 * (n_targets - 1) - 2 * n_targets == n_targets * found.n_renders


def test_a_target_without_a_pitch_is_searched_as_without_pitches():
    voice = synths.Plucked(sample_rate=RATE, seconds=0.25)
    target = voice.play(torch.tensor([4]))
    options = {"steps": 2, "n_starts": 8, "n_survivors": 3}
    found = match(voice, target, pitch=torch.tensor([math.nan]), **options)
    assert torch.equal(found.theta, match(voice, target, **options).theta)
    with pytest.raises(ValueError, match=r"expected pitch of shape \(1,\); got \(2,\)"):
        match(voice, target, pitch=torch.zeros(2), **options)
