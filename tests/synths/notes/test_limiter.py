"""The limiter against its formula as a plain loop."""

import numpy as np
import torch

from synths.notes import limit, limiter

RATE = 400  # a window of 8 samples


def plainly_limited(sound: np.ndarray, width: int) -> np.ndarray:
    n = sound.shape[1]
    gain = [1 / max(1, *abs(sound[:, i])) if 0 <= i < n else 1.0 for i in range(-2 * width, n + 2 * width)]
    least = [min(gain[i : i + width]) for i in range(len(gain) - width + 1)]
    mean = [sum(least[i - width + 1 : i + 1]) / width for i in range(2 * width, 2 * width + n)]
    return sound * np.array(mean)


def test_agrees_with_a_loop():
    sound = 2 * np.random.default_rng(0).standard_normal((2, 200)) ** 3
    limited = limit(torch.from_numpy(sound), RATE)
    np.testing.assert_allclose(limited, plainly_limited(sound, 8), atol=1e-12)
    assert limited.abs().max() <= 1 and limited.abs().max() > 0.9


def test_the_window_is_the_nearest_power_of_two_to_20_ms():
    for rate, width in ((44100, 1024), (16000, 256), (8000, 128), (400, 8), (100, 2), (10, 1)):
        sound = torch.ones(1, 8 * width + 8)
        sound[0, 4 * width] = 2
        changed = (limit(sound, rate) != sound)[0].nonzero()[:, 0]
        assert (changed[0], changed[-1]) == (4 * width - width + 1, 4 * width + width - 1), rate


def test_what_fits_is_left_as_it_is():
    sound = torch.rand(2, 1000) * 2 - 1
    assert limit(sound, RATE) is sound
    sound[0, 500] = 3
    limited = limit(sound, RATE)
    assert torch.equal(limited[:, :492], sound[:, :492]) and torch.equal(limited[:, 508:], sound[:, 508:])
    assert torch.equal(limited[1, 495:505] / sound[1, 495:505] < 1, torch.ones(10, dtype=torch.bool))


def test_blocks_change_no_bit(monkeypatch):
    sound = 4 * torch.randn(2, 3000, generator=torch.Generator().manual_seed(0))
    whole = limit(sound, RATE)
    monkeypatch.setattr(limiter, "_BLOCK", 17)
    assert torch.equal(limit(sound, RATE), whole)
