"""Probes: how much of what a clip is can be read off its embedding."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from torch import Tensor

from doppelganger.evaluation.splits import Split

# Inverse strengths of the penalty (scikit-learn's C), from the strongest penalty to the weakest.
STRENGTHS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_MAX_ITERATIONS = 100


def linear_probe(
    embeddings: np.ndarray,
    labels: np.ndarray,
    splits: Sequence[Split],
    *,
    on_split: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, dict[str, float]]:
    """Predict every test clip with multinomial logistic regression, its L2 penalty chosen on training clips.

    In each split, each of `STRENGTHS` is fitted and scored on the split's trials; the one right most
    often (of equals, the strongest penalty) is fitted once more to all training clips, those it was
    chosen by included, and predicts the test clips. Embeddings are standardised by the mean and
    deviation of the clips fitted on.

    Args:
        embeddings: (n_clips, embedding_dim).
        labels: a class a clip, strings (n_clips,).
        splits: see `splits_of`.
        on_split: called once a split, for a progress bar.

    Returns:
        the predicted class of each clip, (n_clips,), empty for a clip that is in no test fold; and the
        chosen strength of each split, by name.
    """
    predicted = np.full_like(labels, "")
    chosen = {}
    # Problems this small run up to a hundred times faster on one thread than on two that share a core.
    with threadpool_limits(1):
        for split in splits:
            n_right = sum(_n_right(embeddings, labels, fit, choose) for fit, choose in split.trials)
            best = int(np.argmax(n_right))
            path = _fit_predict(embeddings, labels, split.train, split.test, STRENGTHS[: best + 1])
            predicted[split.test] = path[-1]
            chosen[split.name] = STRENGTHS[best]
            on_split()
    return predicted, chosen


def _n_right(embeddings: np.ndarray, labels: np.ndarray, fit: np.ndarray, choose: np.ndarray) -> np.ndarray:
    predictions = _fit_predict(embeddings, labels, fit, choose, STRENGTHS)
    return np.array([(predicted == labels[choose]).sum() for predicted in predictions])


def _fit_predict(
    embeddings: np.ndarray, labels: np.ndarray, fit: np.ndarray, predict: np.ndarray, strengths: Sequence[float]
) -> list[np.ndarray]:
    """Predictions along a path of strengths, each fitted from the solution of the one before."""
    scaler = StandardScaler().fit(embeddings[fit])
    known, unknown = scaler.transform(embeddings[fit]), scaler.transform(embeddings[predict])
    model = LogisticRegression(max_iter=_MAX_ITERATIONS, warm_start=True)
    predictions = []
    with warnings.catch_warnings():
        # Under the weakest penalties the optimum is far off; stopping early on the way is a penalty of its own.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for strength in strengths:
            model.set_params(C=strength).fit(known, labels[fit])
            predictions.append(model.predict(unknown))
    return predictions


def knn_accuracy(
    train_x: Tensor, train_y: Tensor, test_x: Tensor, test_y: Tensor, k: int = 10, temperature: float = 0.07
) -> float:
    """How often the k nearest training clips name a test clip's class.

    Each neighbour votes with exp(cosine / temperature).

    Args:
        train_x, test_x: (n_train, dim) and (n_test, dim).
        train_y, test_y: int64 classes, (n_train,) and (n_test,).

    Source: Wu et al., Unsupervised Feature Learning via Non-Parametric Instance Discrimination, 2018,
    section 3.4; X-ARES uses the same k and temperature.
    """
    cosine = torch.nn.functional.normalize(test_x, dim=1) @ torch.nn.functional.normalize(train_x, dim=1).T
    nearest, neighbour = cosine.topk(min(k, len(train_x)), dim=1)
    n_classes = int(torch.cat([train_y, test_y]).max()) + 1
    # Relative to the nearest, so that no vote overflows.
    votes = ((nearest - nearest[:, :1]) / temperature).exp()
    tally = votes.new_zeros(len(test_x), n_classes).scatter_add_(1, train_y[neighbour], votes)
    return (tally.argmax(dim=1) == test_y).float().mean().item()
