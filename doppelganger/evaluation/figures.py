"""Scores of predictions, with confidence intervals."""

from collections.abc import Callable
from typing import Any

import numpy as np

from doppelganger.evaluation.intervals import bootstrap, of_mean, wilson
from doppelganger.evaluation.metrics import accuracy, mean_average_precision


def metric_of(multi_label: bool) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Accuracy, or mean average precision for multi-label tasks."""
    return mean_average_precision if multi_label else accuracy


def figure_of(scores: np.ndarray, truth: np.ndarray, multi_label: bool) -> Callable[[np.ndarray], np.ndarray]:
    """The metric, averaged over seeds, as a function of the clips' weights: (n_draws, n_clips) -> (n_draws,).

    Args:
        scores: (n_seeds, n_clips, n_classes).
        truth: bool (n_clips, n_classes).
        multi_label: whether a clip may have several classes.
    """
    metric = metric_of(multi_label)
    return lambda weights: np.mean([metric(of_seed, truth, weights) for of_seed in scores], axis=0)


def score_of(scores: np.ndarray, truth: np.ndarray, multi_label: bool, seed: int = 0) -> dict[str, Any]:
    """A score and its intervals. Args as in `figure_of`; seed: seed of the bootstrap.

    Returns:
        score: mean over seeds, from 0 to 1.
        low, high: 95 % interval over clips.
        seeds: score of each seed.
        seed_interval: half the width of the 95 % interval of the mean over seeds.
    """
    weights = np.ones((1, len(truth)))
    seeds = [float(figure_of(of_seed[None], truth, multi_label)(weights)[0]) for of_seed in scores]
    mean = float(np.mean(seeds))
    # Wilson's interval of a proportion keeps its coverage near 0 and 100 %; the bootstrap does not.
    low, high = (
        bootstrap(figure_of(scores, truth, multi_label), len(truth), seed)
        if multi_label
        else wilson(round(mean * len(truth)), len(truth))
    )
    return {"score": mean, "low": low, "high": high, "seeds": seeds, "seed_interval": of_mean(seeds)}
