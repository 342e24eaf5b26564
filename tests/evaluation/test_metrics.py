import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, r2_score

from doppelganger.evaluation.metrics import accuracy, determination, mean_average_precision


def test_accuracy_against_scikit_learn():
    rng = np.random.default_rng(0)
    scores, truth = rng.standard_normal((50, 4)), np.eye(4, dtype=bool)[rng.integers(4, size=50)]
    weights = rng.integers(0, 3, size=(5, 50)).astype(float)
    for weight, found in zip(weights, accuracy(scores, truth, weights), strict=True):
        expected = accuracy_score(truth.argmax(1), scores.argmax(1), sample_weight=weight)
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("n_levels", [3, 1000])  # many clips of one score, or next to none
def test_mean_average_precision_against_scikit_learn(n_levels):
    rng = np.random.default_rng(0)
    scores, truth = rng.integers(n_levels, size=(80, 6)).astype(float), rng.random((80, 6)) < 0.3
    weights = rng.integers(0, 3, size=(5, 80)).astype(float)
    for weight, found in zip(weights, mean_average_precision(scores, truth, weights), strict=True):
        expected = [average_precision_score(truth[:, c], scores[:, c], sample_weight=weight) for c in range(6)]
        assert found == pytest.approx(np.mean(expected))


def test_a_class_that_no_clip_is_of_does_not_count():
    scores, truth = np.array([[0.9, 0.1], [0.8, 0.7]]), np.array([[True, False], [False, False]])
    assert mean_average_precision(scores, truth, np.ones((1, 2))) == 1


def test_clips_without_a_class_have_no_average_precision():
    scores, truth = np.array([[0.9, 0.1], [0.8, 0.7]]), np.array([[True, False], [False, False]])
    weights = np.array([[1.0, 1.0], [0.0, 2.0]])
    np.testing.assert_array_equal(mean_average_precision(scores, truth, weights), [1, np.nan])
    np.testing.assert_array_equal(mean_average_precision(scores, truth & False, weights), [np.nan, np.nan])


def test_numbers_that_are_alike_have_no_coefficient_of_determination():
    scores, truth = np.array([[0.5], [1.0], [1.5]]), np.array([[1.0], [1.0], [2.0]])
    weights = np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 1.0]])
    np.testing.assert_allclose(determination(scores, truth, weights), [np.nan, r2_score(truth, scores)])
