"""The 10 nearest training clips vote, each with weight exp(cosine / 0.07). Nothing is trained or chosen. The score of a
class is its share of the votes. For regression, the prediction is the weighted mean of their numbers.

Source: X-ARES (Zhang et al., 2025; github.com/jimbozhang/xares) after Wu et al., Unsupervised Feature Learning via
Non-Parametric Instance Discrimination, 2018, section 3.4.
"""

from collections.abc import Callable

import numpy as np

from doppelganger.evaluation.probe_task import Predictions, ProbeTask
from doppelganger.evaluation.splits import splits_of

K, TEMPERATURE = 10, 0.07
_BATCH = 1024  # clips


def predict(probe_task: ProbeTask, on_round: Callable[[], None]) -> Predictions:
    x = probe_task.embeddings.mean
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    splits = splits_of(probe_task.folds, probe_task.labels, probe_task.seed)
    scores = []
    for split in splits:
        train = np.concatenate([split.fit, split.choose])
        truth = probe_task.targets.truth[train].astype(np.float32)
        for clips in np.array_split(split.test, -(-len(split.test) // _BATCH)):
            scores.append(votes(x[train], truth, x[clips]))
        on_round()
    return Predictions(np.concatenate([split.test for split in splits]), np.concatenate(scores)[None], {})


def votes(train: np.ndarray, truth: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Mean truth (n_test, n_outputs) of the nearest of unit vectors (n_train, dim) to others (n_test, dim)."""
    cosine = test @ train.T
    k = min(K, len(train))
    nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
    near = np.take_along_axis(cosine, nearest, axis=1)
    # Relative to the nearest, so that no vote overflows.
    weight = np.exp((near - near.max(axis=1, keepdims=True)) / TEMPERATURE)
    # Shares, not sums: average precision compares the scores of different clips.
    return np.einsum("tk,tkc->tc", weight / weight.sum(axis=1, keepdims=True), truth[nearest])
