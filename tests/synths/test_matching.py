"""Matching of sounds of known theta."""

import pytest
import torch

import synths
from synths.matching import Distance, match
from tests.synths.notes_to_match import Note


@pytest.fixture
def voice():
    return synths.Voice(sample_rate=8000, seconds=0.1)


def test_the_knobs_of_a_note_are_found():
    note = Note()
    theta = torch.tensor([[0.31, 0.6, 0.5], [0.72, 0.3, 0.5]])
    found = match(note, note.render(theta), steps=120, n_starts=16, n_survivors=2)
    pitch, fade, _ = (note.space.to_physical(found.theta) - note.space.to_physical(theta)).abs().T
    assert pitch.max() < 0.2, "semitones"
    assert fade.max() < 0.05, "seconds"


def test_a_voice_comes_closer_than_its_best_start(voice):
    target = voice.play(torch.arange(2), 7)
    found = match(voice, target, steps=30, n_starts=8, n_survivors=2)
    starts = voice.render(voice.sample(torch.arange(8), 0))
    distance = Distance(target)
    nearest = torch.stack([distance(starts, torch.full((8,), i)).min() for i in range(2)])
    torch.testing.assert_close(found.history[0], nearest)
    assert (found.loss < 0.95 * nearest).all()
    assert (found.history.diff(dim=0) <= 0).all() and found.history.shape == (31, 2)
    assert found.theta.min() >= 0 and found.theta.max() <= 1
    torch.testing.assert_close(distance(voice.render(found.theta), torch.arange(2)), found.loss)


def test_every_render_is_counted(voice, monkeypatch):
    rows, render, target = [], voice.render, voice.play(torch.tensor([1]))
    monkeypatch.setattr(voice, "render", lambda theta, *rest: rows.append(len(theta)) or render(theta, *rest))
    found = match(voice, target, steps=5, n_starts=8, n_survivors=3)
    rows.pop()  # the result once more, to hand it over
    assert sum(rows) == found.n_renders


def test_a_match_is_the_same_again_and_in_any_batch(voice):
    target = voice.play(torch.arange(3), 5)
    options = {"steps": 10, "n_starts": 8, "n_survivors": 2}
    together = match(voice, target, **options)
    assert torch.equal(match(voice, target, **options).theta, together.theta)
    torch.testing.assert_close(match(voice, target[1:2], **options).theta, together.theta[1:2])
    assert not torch.equal(match(voice, target, seed=1, **options).theta, together.theta)


def test_what_cannot_be_matched_is_refused(voice):
    with pytest.raises(ValueError, match=r"expected target of shape \(batch, 800\); got \(800,\)"):
        match(voice, torch.zeros(800))
    with pytest.raises(ValueError, match="NaN"):
        match(voice, torch.full((1, 800), torch.nan))
    with pytest.raises(ValueError, match="expected n_starts of at least 1; got 0"):
        match(voice, torch.zeros(1, 800), n_starts=0)
    with pytest.raises(ValueError, match="at least 128 samples"):
        Distance(torch.zeros(1, 100))
