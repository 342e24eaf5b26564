"""The 10 nearest training clips vote, each with exp(cosine / 0.07). Nothing is trained, nothing is chosen.

Source: X-ARES (Zhang et al., 2025; github.com/jimbozhang/xares) after Wu et al., Unsupervised Feature Learning via
Non-Parametric Instance Discrimination, 2018, section 3.4.
"""

from collections.abc import Callable

import numpy as np

from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import splits_of

K, TEMPERATURE = 10, 0.07
_AT_ONCE = 1024  # clips


def predict(question: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    x = question.embeddings.mean
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    splits = splits_of(question.folds, question.labels, question.seed)
    scores = []
    for split in splits:
        known = np.concatenate([split.fit, split.choose])
        truth = question.truth[known].astype(np.float32)
        for clips in np.array_split(split.test, -(-len(split.test) // _AT_ONCE)):
            scores.append(votes(x[known], truth, x[clips]))
        on_round()
    return Predictions(np.concatenate([split.test for split in splits]), np.concatenate(scores)[None], {})


def votes(known: np.ndarray, truth: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Votes for each class (n_asked, n_classes), from unit vectors (n_known, dim), their truth, and (n_asked, dim)."""
    cosine = asked @ known.T
    k = min(K, len(known))
    nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
    near = np.take_along_axis(cosine, nearest, axis=1)
    # Relative to the nearest, so that no vote overflows.
    weight = np.exp((near - near.max(axis=1, keepdims=True)) / TEMPERATURE)
    return np.einsum("ak,akc->ac", weight, truth[nearest])
