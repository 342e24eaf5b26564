"""Scores of predictions, with confidence intervals."""

from typing import Any

import numpy as np

from doppelganger.evaluation.intervals import of_mean
from doppelganger.evaluation.targets import Targets


def score_of(scores: np.ndarray, truth: np.ndarray, kind: type[Targets], seed: int = 0) -> dict[str, Any]:
    """A score and its intervals.

    Args:
        scores: predictions, (n_seeds, n_clips, n_outputs).
        truth: (n_clips, n_outputs).
        kind: class of the targets.
        seed: seed of the bootstrap.

    Returns:
        score: mean over seeds, at most 1.
        low, high: 95 % interval over clips.
        seeds: score of each seed.
        seed_interval: half the width of the 95 % interval of the mean over seeds.
    """
    weights = np.ones((1, len(truth)))
    seeds = [float(kind.measure(of_seed, truth, weights)[0]) for of_seed in scores]
    low, high = kind.interval(scores, truth, seed)
    return {"score": float(np.mean(seeds)), "low": low, "high": high, "seeds": seeds, "seed_interval": of_mean(seeds)}
