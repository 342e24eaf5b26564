import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

import synths
from doppelganger import Gaussian, PairStream
from doppelganger.labels.labeller import Labeller
from doppelganger.streams.labelled import LabelledSounds
from doppelganger.streams.labelled_pairs import LabelledPairStream
from doppelganger.streams.stream import split
from tests.objectives.eight_sounds import stream_of

SYNTH = synths.find("voice")(sample_rate=16000, seconds=0.1, control_rate=480)
INDEX = torch.arange(5, 12)


def stream(delta: float = 0.1, seed: int = 0) -> PairStream:
    return PairStream(SYNTH, Gaussian(delta), seed)


@pytest.fixture
def silent(monkeypatch):
    """No sounds, for tests of many thetas."""
    monkeypatch.setattr(SYNTH, "render", lambda theta, key: theta.new_zeros(len(theta), 1))


def test_a_pair_follows_from_its_index():
    whole, alone = stream()(INDEX), stream()(INDEX[3:4])
    for name, single in vars(alone).items():
        batched = getattr(whole, name)
        torch.testing.assert_close(batched[3:4], single, atol=1e-6, rtol=0)
    assert torch.equal(whole.theta_a[3:4], alone.theta_a)


def test_views_stand_delta_away_from_theta_and_from_each_other(silent):
    delta = 0.01
    pairs = stream(delta)(torch.arange(500))
    inside = (pairs.theta > 0.1) & (pairs.theta < 0.9)  # not clipped
    for view in (pairs.theta_a, pairs.theta_b):
        step = (view - pairs.theta)[inside]
        assert step.std().item() == pytest.approx(delta, rel=0.02)
        assert step.mean().abs().item() < delta / 50
    difference = (pairs.theta_a - pairs.theta_b)[inside]
    assert difference.std().item() == pytest.approx(delta * 2**0.5, rel=0.02)


@pytest.mark.parametrize("delta", [0.01, 0.05, 0.25, 0.50])
def test_share_of_clipped_values(delta, silent):
    """P(theta + delta * eps leaves [0, 1]) for uniform theta, integrated numerically."""
    expected, _ = quad(lambda theta: norm.cdf(-theta / delta) + norm.cdf((theta - 1) / delta), 0, 1)
    pairs = stream(delta)(torch.arange(1000))
    share = ((pairs.theta_a == 0) | (pairs.theta_a == 1)).float().mean().item()
    assert share == pytest.approx(expected, abs=4 * (expected / pairs.theta_a.numel()) ** 0.5)


def test_views_have_different_noise():
    pairs = PairStream(SYNTH, Gaussian(0.0))(INDEX)
    assert torch.equal(pairs.theta_a, pairs.theta_b)
    assert not torch.equal(pairs.a, pairs.b)


def test_another_seed_gives_other_pairs():
    assert not torch.equal(stream(seed=0)(INDEX).theta, stream(seed=1)(INDEX).theta)


def test_pairs_without_a_seed_are_those_of_seed_0():
    default, zero = PairStream(SYNTH, Gaussian(0.1))(INDEX), stream(seed=0)(INDEX)
    assert all(torch.equal(getattr(default, name), value) for name, value in vars(zero).items())


def test_a_negative_delta_is_refused():
    with pytest.raises(ValueError, match="delta: expected at least 0; got -1"):
        Gaussian(-1)


def test_the_first_views_are_sounds_of_their_own_theta():
    pairs = stream()(INDEX)
    first = pairs.first
    assert torch.equal(first.index, INDEX) and torch.equal(first.sound, pairs.a)
    assert torch.equal(first.theta, pairs.theta_a) and not torch.equal(first.theta, pairs.theta)


def test_a_batch_splits_into_the_batches_of_its_items():
    parts = split(stream()(INDEX), 3)
    assert [part.index.tolist() for part in parts] == [[5, 6, 7], [8, 9, 10], [11]]
    for part in parts:
        alone = stream()(part.index)
        torch.testing.assert_close(part.a, alone.a, atol=1e-6, rtol=0)
        torch.testing.assert_close(part.b, alone.b, atol=1e-6, rtol=0)
        assert torch.equal(part.theta_b, alone.theta_b)


def test_labels_do_not_split():
    with pytest.raises(TypeError, match=r"LabelledSounds\.labels is Labels: leave render_ahead at 1"):
        split(stream_of(LabelledSounds)(torch.arange(8)), 4)


def test_labelled_pairs_are_the_pairs_and_the_labels_of_their_first_views():
    modal = synths.Modal(sample_rate=16000, seconds=0.5)
    batch = LabelledPairStream(modal, Gaussian(0.1))(INDEX)
    pairs = PairStream(modal, Gaussian(0.1))(INDEX)
    assert torch.equal(batch.a, pairs.a) and torch.equal(batch.theta_b, pairs.theta_b)
    expected = Labeller(modal)(INDEX, pairs.theta_a, pairs.a)
    torch.testing.assert_close(batch.labels.facts, expected.facts, rtol=0, atol=0, equal_nan=True)
    assert isinstance(batch.first, LabelledSounds) and torch.equal(batch.first.theta, pairs.theta_a)
