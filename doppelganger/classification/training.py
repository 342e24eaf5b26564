"""Train a linear classifier on embeddings, and measure its accuracy by cross-validation.

Logistic regression on standardised embeddings with a fixed penalty: nothing is chosen on the data, so the
cross-validated accuracy has no selection bias.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from doppelganger.classification.head import LinearHead
from doppelganger.evaluation.heads import divisors
from doppelganger.evaluation.intervals import wilson
from doppelganger.evaluation.splits import splits_of

C = 0.01  # inverse of the L2 penalty
_FOLDS, _SEED, _ITERATIONS = 5, 0, 1000

Rounds = list[tuple[np.ndarray, np.ndarray]]  # clips to train on and clips to test on


def fit(embeddings: np.ndarray, labels: Sequence[str]) -> Pipeline:
    """Standardisation and logistic regression; embeddings (n_clips, dim)."""
    x = embeddings.astype(np.float64)
    scaler = StandardScaler().fit(x)
    scaler.scale_ = divisors(x.std(axis=0))
    # On wide embeddings of few clips, lbfgs takes ten times as long and ends farther from the optimum.
    classifier = LogisticRegression(C=C, max_iter=_ITERATIONS, solver="newton-cg")
    classifier.fit(scaler.transform(x), list(labels))
    return make_pipeline(scaler, classifier)


def head_of(fitted: Pipeline) -> LinearHead:
    """The classifier that `fit` trained, without scikit-learn."""
    scaler, classifier = (step for _, step in fitted.steps)
    weight, bias = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:  # a single row of logits, those of the second class
        weight, bias = (np.stack([np.zeros_like(row), row]) for row in (weight[0], bias[0]))
    arrays = scaler.mean_, scaler.scale_, weight, bias
    labels = [str(label) for label in classifier.classes_]
    return LinearHead(labels, *(torch.from_numpy(np.asarray(array, dtype=np.float32)) for array in arrays))


def rounds_of(labels: Sequence[str], folds: Sequence[str]) -> tuple[Rounds, str]:
    """Clips to train on and to test on in each round, and the method in words.

    Folds named train and test (and val) are one round, any others are each tested once; see
    `doppelganger.evaluation.splits`. With a single fold, or none given, there are five stratified random folds, or as
    many as the smallest class has clips.

    Raises:
        ValueError: a class without a clip to train on in some round.
    """
    if len(set(folds)) < 2:
        n = min(_FOLDS, *Counter(labels).values())
        drawn = StratifiedKFold(n, shuffle=True, random_state=_SEED).split(np.zeros(len(labels)), list(labels))
        given = "".join(f", since all usable clips are in fold {name}" for name in set(folds) if name)
        return [(np.asarray(train), np.asarray(test)) for train, test in drawn], f"{n} stratified random folds{given}"
    splits = splits_of(folds, list(labels))
    rounds = [(np.sort(np.concatenate([split.fit, split.choose])), split.test) for split in splits]
    for split, (train, test) in zip(splits, rounds, strict=True):
        missing = {str(labels[i]) for i in test} - {str(labels[i]) for i in train}
        if missing:
            raise ValueError(
                f"expected clips of each label outside fold {split.name} too, to train on; got none of "
                f"{', '.join(sorted(missing))}: change its folds, or remove the column fold for random folds"
            )
    if len(rounds) > 1:
        return rounds, f"the {len(rounds)} given folds"
    trained, tested = (" and ".join(dict.fromkeys(map(str, np.array(folds)[clips]))) for clips in rounds[0])
    return rounds, f"trained on fold {trained}, tested on fold {tested}"


def cross_validate(
    embeddings: np.ndarray,
    labels: Sequence[str],
    folds: Sequence[str],
    on_round: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """Accuracy on clips that the classifier was not trained on.

    Args:
        embeddings: (n_clips, dim).
        labels, folds: label and fold of each clip; see `rounds_of`.
        on_round: called with the number of finished rounds and of all.

    Returns:
        `method`; `n_clips` tested and `n_right` of them; `accuracy` with its 95 % interval, `low` and `high`;
        `largest_class` and its share among the tested clips, `largest_share`; `confused`: label, predicted label and
        count of the most frequent confusion, None without one; `classes`: for each label its tested clips and how
        many of them are right.
    """
    truth = np.array(labels)
    rounds, method = rounds_of(labels, folds)
    predicted = []
    for number, (train, test) in enumerate(rounds):
        predicted.append(fit(embeddings[train], truth[train].tolist()).predict(embeddings[test].astype(np.float64)))
        on_round(number + 1, len(rounds))
    expected, found = truth[np.concatenate([test for _, test in rounds])].tolist(), np.concatenate(predicted).tolist()
    tested, pairs = Counter(expected), Counter(zip(expected, found, strict=True))
    n_clips, n_right = len(expected), sum(pairs[label, label] for label in tested)
    largest = min(tested, key=lambda label: (-tested[label], label))
    low, high = wilson(n_right, n_clips)
    worst = min((pair for pair in pairs if pair[0] != pair[1]), key=lambda pair: (-pairs[pair], pair), default=None)
    return {
        "method": method,
        "n_clips": n_clips,
        "n_right": n_right,
        "accuracy": n_right / n_clips,
        "low": low,
        "high": high,
        "largest_class": largest,
        "largest_share": tested[largest] / n_clips,
        "confused": [*worst, pairs[worst]] if worst else None,
        "classes": {label: [tested[label], pairs[label, label]] for label in sorted(set(labels))},
    }
