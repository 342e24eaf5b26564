import numpy as np
import pytest

from doppelganger.evaluation.intervals import paired_difference, wilson


@pytest.mark.parametrize(
    ("n_right", "n", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I (method 3).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_the_published_examples(n_right, n, low, high):
    assert wilson(n_right, n) == pytest.approx((low, high), abs=5e-5)


def test_paired_difference_against_drawing_clips():
    rng = np.random.default_rng(0)
    a, b = rng.random(300) < 0.8, rng.random(300) < 0.7
    found = paired_difference(a, b, seed=1)
    assert found["difference"] == pytest.approx(a.mean() - b.mean())
    draws = rng.integers(300, size=(10_000, 300))
    low, high = np.quantile(a[draws].mean(1) - b[draws].mean(1), [0.025, 0.975])
    assert found["low"] == pytest.approx(low, abs=0.005) and found["high"] == pytest.approx(high, abs=0.005)
    assert found == paired_difference(a, b, seed=1)


def test_the_same_predictions_differ_by_nothing():
    a = np.array([True, False, True])
    assert paired_difference(a, a) == {"difference": 0, "low": 0, "high": 0}
