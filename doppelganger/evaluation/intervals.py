"""How far a figure could be off by the luck of the clips."""

import numpy as np
from scipy.stats import binomtest

CONFIDENCE = 0.95


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of n clips: Wilson's score interval.

    Source: E. B. Wilson, Probable Inference, 1927.
    """
    interval = binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def paired_difference(right_a: np.ndarray, right_b: np.ndarray, seed: int = 0, n_draws: int = 10_000) -> dict:
    """How much more often a is right than b on the same clips, with a 95 % bootstrap interval.

    Args:
        right_a, right_b: bool (n_clips,).
        seed: of the draws.
        n_draws: how many times the clips are drawn anew, with replacement.

    Returns:
        difference, low, high, as shares in [-1, 1].
    """
    n_clips = len(right_a)
    gained = int((right_a & ~right_b).sum())
    lost = int((right_b & ~right_a).sum())
    # A clip is gained, lost or neither, so drawing clips is drawing these three counts.
    share = [gained / n_clips, lost / n_clips, (n_clips - gained - lost) / n_clips]
    draws = np.random.default_rng(seed).multinomial(n_clips, share, size=n_draws)
    differences = (draws[:, 0] - draws[:, 1]) / n_clips
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    return {"difference": (gained - lost) / n_clips, "low": float(low), "high": float(high)}
