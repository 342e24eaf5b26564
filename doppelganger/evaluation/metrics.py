"""Metrics with clip weights, for the bootstrap.

Each takes scores (n_clips, n_outputs), truth (n_clips, n_outputs), bool for classes, and weights (n_draws, n_clips),
the count of each clip; and returns (n_draws,), at most 1.
"""

import numpy as np


def accuracy(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of clips whose class has the highest score."""
    right = truth[np.arange(len(truth)), scores.argmax(axis=1)]
    return weights @ right / weights.sum(axis=1)


def mean_average_precision(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of the average precisions of all classes that occur among the clips with weight; nan where none does."""
    precisions = np.stack([_average_precision(*pair, weights) for pair in zip(scores.T, truth.T, strict=True)])
    present = ~np.isnan(precisions)
    with np.errstate(invalid="ignore"):
        return np.where(present, precisions, 0).sum(axis=0) / present.sum(axis=0)


def determination(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Coefficient of determination: 1 - squared error / variance; 0 for always predicting the mean of these clips."""
    truth, total = truth[:, 0].astype(np.float64), weights.sum(axis=1)
    mean = weights @ truth / total
    variance = (weights * (truth - mean[:, None]) ** 2).sum(axis=1)
    # nan where all clips with weight are alike
    return 1 - weights @ (scores[:, 0] - truth) ** 2 / np.where(variance > 0, variance, np.nan)


def _average_precision(score: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean, over the clips of a class, of the precision among all clips that score at least as high."""
    order = np.argsort(-score, kind="stable")
    score, truth, weights = score[order], truth[order], weights[:, order]
    n_right, n = (weights * truth).cumsum(axis=1), weights.cumsum(axis=1)
    # Clips with equal scores share one threshold.
    last = np.searchsorted(-score, -score, side="right") - 1
    precision = n_right[:, last] / np.maximum(n[:, last], 1)
    with np.errstate(invalid="ignore"):  # nan where no clip of the class has weight
        return (weights * truth * precision).sum(axis=1) / n_right[:, -1]
