"""Random numbers against SplitMix64 in Python's own integers, and against what chance would give."""

import zlib

import pytest
import torch
from scipy import stats

from synths import random

ALL_BITS = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def mix(z):
    """The finaliser of SplitMix64, from the paper, in unbounded integers."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & ALL_BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ALL_BITS
    return z ^ (z >> 31)


def signed(x):
    x &= ALL_BITS
    return x - (1 << 64) if x >> 63 else x


def test_finaliser_gives_the_published_numbers():
    # The first outputs of the reference generator seeded with 1234567.
    published = (
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    )
    states = torch.tensor([signed(1234567 + i * GAMMA) for i in range(1, 6)])
    assert [x % (1 << 64) for x in random.mix(states).tolist()] == list(published)


@pytest.mark.parametrize("seed", [0, 7, -1, 2**62])
@pytest.mark.parametrize("stream", ["theta", "noise", "épsilon"])
def test_numbers_are_splitmix_of_seed_stream_index_column(seed, stream):
    index = [0, 1, 2, 10**6, 2**40, -5]
    start = mix(mix(seed & ALL_BITS) + zlib.crc32(stream.encode()) & ALL_BITS)
    keys = [mix((start + i * GAMMA) & ALL_BITS) for i in index]
    ours = random.keys(torch.tensor(index), seed=seed, stream=stream)
    assert ours.tolist() == [signed(key) for key in keys]

    bits = [[mix((key + column * 0xD1B54A32D192ED03) & ALL_BITS) for column in (1, 2, 3)] for key in keys]
    unit = torch.tensor([[(x >> 40) / 2**24 for x in row] for row in bits])
    assert torch.equal(random.uniform(torch.tensor(index), 3, seed=seed, stream=stream), unit)
    bell = [[stats.norm.ppf(((x >> 12) + 0.5) / 2**52) for x in row] for row in bits]
    ours = random.normal(torch.tensor(index), 3, seed=seed, stream=stream)
    torch.testing.assert_close(ours.double(), torch.tensor(bell), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("index", [torch.arange(20_000), torch.arange(20_000) * 768, torch.arange(20_000) + 2**31])
def test_uniform_and_normal_are_what_they_say(index):
    unit = random.uniform(index, 4, seed=0, stream="theta")
    assert unit.min() >= 0 and unit.max() < 1
    for column in unit.T:
        assert stats.kstest(column.numpy(), "uniform").pvalue > 1e-3
    for column in random.normal(index, 4, seed=0, stream="theta").T:
        assert stats.kstest(column.numpy(), "norm").pvalue > 1e-3


def test_seeds_streams_indices_and_columns_are_independent():
    n = 20_000
    index = torch.arange(n)
    draws = [
        random.uniform(index + shift, 8, seed=seed, stream=stream)
        for seed in (0, 1)
        for stream in ("theta", "noise", "noisea")
        for shift in (0, 1)
    ]
    # A shift of one index repeats the numbers one row later, nothing else does.
    assert torch.equal(draws[0][1:], draws[1][:-1])
    correlation = torch.corrcoef(torch.cat(draws, dim=1).T) - torch.eye(8 * len(draws))
    assert correlation.abs().max() < 5.5 / n**0.5


def test_no_two_keys_are_equal():
    keys = [
        random.keys(torch.arange(100_000), seed=seed, stream=stream) for seed in (0, 1) for stream in ("theta", "noise")
    ]
    assert torch.cat(keys).unique().numel() == 400_000


@pytest.mark.parametrize("draw", [random.uniform, random.normal])
def test_same_bits_in_any_batch(draw):
    everything = draw(torch.arange(1000), 78, seed=3, stream="theta")
    some = torch.tensor([999, 3, 500])
    assert torch.equal(draw(some, 78, seed=3, stream="theta"), everything[some])
    assert torch.equal(draw(some[:1], 78, seed=3, stream="theta"), everything[some[:1]])
    # More columns extend a row, they do not reshuffle it.
    assert torch.equal(draw(some, 10, seed=3, stream="theta"), everything[some, :10])


def test_index_must_be_int64():
    with pytest.raises(ValueError, match=r"expected index as int64 of shape \(batch,\); got torch.int32"):
        random.keys(torch.arange(3, dtype=torch.int32), seed=0, stream="theta")
    with pytest.raises(ValueError, match=r"got torch.int64 of shape \(\)"):
        random.keys(torch.tensor(3), seed=0, stream="theta")
