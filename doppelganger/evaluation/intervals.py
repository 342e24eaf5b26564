"""Confidence intervals of a score: over test clips, and over the seeds of a probe."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
_N_DRAWS, _CHUNK = 1000, 50


def wilson(n_right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a proportion, n_right of n clips.

    Source: E. B. Wilson, Probable Inference, 1927.
    """
    interval = stats.binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap(figure: Callable[[np.ndarray], np.ndarray], n: int, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of any statistic of n clips, drawn with replacement.

    Args:
        figure: counts of each clip (n_draws, n) -> the statistic (n_draws,); nan where a draw has none.
        n: number of clips.
        seed: seed of the draws.

    Source: Efron, Bootstrap Methods, 1979; percentiles.
    """
    rng = np.random.default_rng(seed)
    even = np.full(n, 1 / n)
    drawn = [figure(rng.multinomial(n, even, size=_CHUNK).astype(float)) for _ in range(_N_DRAWS // _CHUNK)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(np.concatenate(drawn), [tail, 1 - tail])
    return float(low), float(high)


def of_mean(figures: Sequence[float]) -> float:
    """Half the width of Student's 95 % interval of the mean of independent figures; 0 for a single figure.

    Source: Student, The Probable Error of a Mean, 1908.
    """
    n = len(figures)
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * np.std(figures, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
