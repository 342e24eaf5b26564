"""Scores of several encoders on the same clips, and their differences."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from doppelganger.evaluation.baselines import BASELINES
from doppelganger.evaluation.figures import score_of
from doppelganger.evaluation.intervals import bootstrap
from doppelganger.evaluation.probe_task import Predictions
from doppelganger.evaluation.targets import OneClass, Targets, mean_score


def compared(predictions: Mapping[str, Predictions], targets: Targets, seed: int) -> dict[str, Any]:
    """The score of each encoder, and its difference to "trained", if there is one.

    Args:
        predictions: name of an encoder -> its predictions.
        targets: what is predicted.
        seed: seed of the bootstrap.

    Returns:
        under `encoders` the score of each; `trained_minus_random`, and `minus_trained` if there are encoders besides
        the baselines: see `doppelganger.evaluation.evaluate`.
    """
    scores = {name: _score(p, targets, seed) for name, p in predictions.items()}
    result: dict[str, Any] = {"encoders": scores}
    if {"trained", "random"} <= scores.keys():
        pair = predictions["trained"], predictions["random"]
        result["trained_minus_random"] = _difference(*pair, targets, seed)
    if "trained" in scores and scores.keys() - BASELINES - {"trained"}:
        result["minus_trained"] = {
            name: _difference(of_name, predictions["trained"], targets, seed)
            for name, of_name in predictions.items()
            if name != "trained"
        }
    return result


def _difference(a: Predictions, b: Predictions, targets: Targets, seed: int) -> dict[str, float]:
    """Score of a minus that of b, with its 95 % interval over clips, by a paired bootstrap."""

    def gain(weights: np.ndarray) -> np.ndarray:
        of_a, of_b = (mean_score(type(targets), p.scores, targets.truth[p.tested], weights) for p in (a, b))
        return of_a - of_b

    n = len(a.tested)
    low, high = bootstrap(gain, n, seed)
    return {"difference": float(gain(np.ones((1, n)))[0]), "low": low, "high": high}


def _score(predictions: Predictions, targets: Targets, seed: int) -> dict[str, Any]:
    score = score_of(predictions.scores, targets.truth[predictions.tested], type(targets), seed)
    score["chosen"] = predictions.chosen
    if isinstance(targets, OneClass):
        score["confusion"] = _confusion(predictions, targets.truth)
    return score


def _confusion(predictions: Predictions, truth: np.ndarray) -> list[list[int]]:
    counts = np.zeros((truth.shape[1], truth.shape[1]), dtype=int)
    actual = truth[predictions.tested].argmax(axis=1)
    np.add.at(counts, (actual, predictions.scores[0].argmax(axis=1)), 1)
    return counts.tolist()
