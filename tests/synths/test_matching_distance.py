"""Distances, against auraloss and numpy."""

import numpy as np
import pytest
import torch

import synths
from synths.matching import Distance, EnvelopeDistance, SpectralDistance


@pytest.fixture
def voice():
    return synths.Voice(sample_rate=8000, seconds=0.1)


def test_distance_of_a_row_is_auralosss_of_that_row_alone(voice):
    from auraloss.freq import MultiResolutionSTFTLoss

    target, sound = voice.play(torch.arange(3), 1), voice.play(torch.arange(4), 2)
    row = torch.tensor([2, 0, 1, 2])
    # 0.1 s at 8 kHz are 800 samples: too short for a window of 2048.
    alone = MultiResolutionSTFTLoss(fft_sizes=[512, 128], hop_sizes=[128, 32], win_lengths=[512, 128], eps=1e-3)
    expected = torch.stack([alone(s[None, None], target[i][None, None]) for s, i in zip(sound, row, strict=True)])
    torch.testing.assert_close(SpectralDistance(target)(sound, row), expected)


def test_gradients_are_finite_where_sounds_are_silent_or_equal(voice):
    theta = torch.cat([voice.sample(torch.arange(4)), torch.zeros(1, len(voice.space))]).requires_grad_()
    for target in (voice.render(theta.detach()), torch.zeros(5, voice.n_samples)):
        loss = Distance(target)(voice.render(theta), torch.arange(5))
        (slope,) = torch.autograd.grad(loss.sum(), theta)
        assert loss.isfinite().all() and slope.isfinite().all()


def test_distance_of_longer_sounds_has_three_windows():
    from auraloss.freq import MultiResolutionSTFTLoss

    target, sound = 0.1 * torch.randn(2, 1, 3000, generator=torch.Generator().manual_seed(0))
    lengths = [2048, 512, 128]
    theirs = MultiResolutionSTFTLoss(lengths, [n // 4 for n in lengths], lengths, eps=1e-3)
    torch.testing.assert_close(SpectralDistance(target)(sound, torch.tensor([0]))[0], theirs(sound[None], target[None]))


@pytest.mark.parametrize(("n_samples", "n_windows"), [(128, 1), (511, 1), (512, 2), (2047, 2), (2048, 3)])
def test_windows_are_no_longer_than_the_sound(n_samples, n_windows):
    assert len(SpectralDistance(torch.zeros(1, n_samples)).windows) == n_windows


def test_envelopes_are_compared_in_nepers():
    """Levels of whole frames by numpy: a sine that is 6 dB softer in its second half."""
    time = np.arange(4096) / 8000
    target = np.sin(2 * np.pi * 500 * time)
    sound = target * np.where(time < 0.256, 1, 0.5)
    frames = np.lib.stride_tricks.sliding_window_view(np.stack([target, sound]), 256, axis=1)[:, ::128]
    levels = np.log(np.sqrt((frames**2).mean(axis=2)))
    expected = np.abs(levels[0] - levels[1]).mean()
    assert 0.3 < expected < 0.4
    found = EnvelopeDistance(torch.from_numpy(target)[None])(torch.from_numpy(sound)[None], torch.tensor([0]))
    assert found.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("level", "counts"), [(0.01, True), (1e-4, False)])
def test_an_envelope_ends_60_db_below_full_scale(level, counts):
    """A sine 6 dB softer than its target, at -43 and at -83 dB."""
    target = level * torch.sin(torch.arange(4096) * 0.4)[None].double()
    found = EnvelopeDistance(target)(0.5 * target, torch.tensor([0]))
    assert found.item() == pytest.approx(np.log(2) if counts else 0)


def test_a_distance_is_that_of_spectra_and_that_of_envelopes_at_equal_levels(voice):
    target, sound, rows = voice.play(torch.arange(3), 1), voice.play(torch.arange(3), 2), torch.arange(3)
    levels = [np.sqrt(np.mean(x.numpy() ** 2, axis=1, keepdims=True)) for x in (target, sound)]
    as_loud = sound * torch.from_numpy(levels[0] / levels[1])
    expected = SpectralDistance(target)(as_loud, rows) + EnvelopeDistance(target)(as_loud, rows)
    torch.testing.assert_close(Distance(target)(sound, rows), expected)


def test_loudness_does_not_count(voice):
    target = voice.play(torch.arange(3), 1)
    distance, rows = Distance(target), torch.arange(3)
    for factor in (0.01, 1.0, 30.0):
        assert distance(factor * target, rows).abs().max() < 1e-4
        torch.testing.assert_close(distance.gain(factor * target, rows), torch.full((3,), 1 / factor))
    other = voice.play(torch.arange(3), 2)
    torch.testing.assert_close(distance(0.1 * other, rows), distance(other, rows), rtol=1e-4, atol=1e-5)


def test_silence_stays_silent_and_is_far_away(voice):
    target = voice.play(torch.arange(3), 1)
    distance, rows, silence = Distance(target), torch.arange(3), torch.zeros(3, 800)
    torch.testing.assert_close(distance.gain(silence, rows), torch.full((3,), 1000.0))
    assert (distance(silence, rows) > 1).all(), "the spectral term alone is 1"
