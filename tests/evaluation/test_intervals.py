import numpy as np
import pytest

from doppelganger.evaluation.intervals import bootstrap, of_mean, wilson


@pytest.mark.parametrize(
    ("n_right", "n", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I (method 3).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_the_published_examples(n_right, n, low, high):
    assert wilson(n_right, n) == pytest.approx((low, high), abs=5e-5)


def test_bootstrap_against_drawing_clips():
    rng = np.random.default_rng(0)
    a, b = rng.random(300) < 0.8, rng.random(300) < 0.7
    found = bootstrap(lambda weights: weights @ (a.astype(float) - b) / 300, 300, seed=1)
    draws = rng.integers(300, size=(10_000, 300))
    expected = np.quantile(a[draws].mean(1) - b[draws].mean(1), [0.025, 0.975])
    assert found == pytest.approx(tuple(expected), abs=0.01)


def test_student_against_the_table():
    # t of 2 degrees of freedom at 97.5 %: 4.303.
    assert of_mean([1.0, 2.0, 3.0]) == pytest.approx(4.303 / np.sqrt(3), abs=1e-3)
    assert of_mean([1.0, 2.0]) == pytest.approx(12.706 * np.sqrt(0.5) / np.sqrt(2), abs=1e-3)
    assert of_mean([0.5]) == 0


def test_a_bootstrap_draws_all_clips_a_thousand_times():
    drawn = []
    bootstrap(lambda weights: drawn.append(weights) or weights[:, 0], 7)
    weights = np.concatenate(drawn)
    assert weights.shape == (1000, 7) and (weights.sum(axis=1) == 7).all()


def test_draws_without_the_statistic_do_not_count():
    found = bootstrap(lambda weights: np.where(weights[:, 0] == 1, 0.5, np.nan), 7)
    assert found == (0.5, 0.5)
