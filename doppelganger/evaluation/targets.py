"""Targets of a probe: one class a clip, any number of classes, or a number; how each is trained and scored."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, cast

import numpy as np
from torch import nn

from doppelganger.evaluation.intervals import bootstrap, wilson
from doppelganger.evaluation.metrics import accuracy, determination, mean_average_precision
from doppelganger.evaluation.task import Label


class Targets(ABC):
    """The labels of a task as an array.

    Args:
        labels: label of each clip.

    Attributes:
        classes: names of all classes, sorted; empty for numbers.
        truth: (n_clips, n_outputs), bool for classes, float32 for numbers.
        metric: name of the score in tables and reports.
        loss: class of the loss of a head's outputs and the truth, both (batch, n_outputs).
    """

    metric: ClassVar[str]
    loss: ClassVar[type[nn.Module]]

    def __init__(self, labels: Sequence[Label]):
        self.classes, self.truth = self._encode(labels)

    @abstractmethod
    def _encode(self, labels: Sequence[Label]) -> tuple[list[str], np.ndarray]: ...

    @staticmethod
    @abstractmethod
    def measure(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The score, see `metrics`."""

    @classmethod
    def interval(cls, scores: np.ndarray, truth: np.ndarray, seed: int) -> tuple[float, float]:
        """95 % interval over clips of the score, averaged over seeds; scores: (n_seeds, n_clips, n_outputs)."""
        return bootstrap(lambda weights: mean_score(cls, scores, truth, weights), len(truth), seed)


class OneClass(Targets):
    """A class each: cross-entropy, and accuracy."""

    metric = "accuracy"
    loss = nn.CrossEntropyLoss
    measure = staticmethod(accuracy)

    def _encode(self, labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
        return _classes([(cast(str, label),) for label in labels])

    @classmethod
    def interval(cls, scores: np.ndarray, truth: np.ndarray, seed: int) -> tuple[float, float]:
        # Wilson's interval of a proportion keeps its coverage near 0 and 100 %; the bootstrap does not.
        mean = mean_score(cls, scores, truth, np.ones((1, len(truth))))[0]
        return wilson(round(float(mean) * len(truth)), len(truth))


class SeveralClasses(Targets):
    """Any number of classes each: binary cross-entropy, and mean average precision."""

    metric = "mAP"
    loss = nn.BCEWithLogitsLoss
    measure = staticmethod(mean_average_precision)

    def _encode(self, labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
        return _classes(cast(Sequence[tuple[str, ...]], labels))


class Numbers(Targets):
    """A number each: squared error, and the coefficient of determination.

    The truth is in deviations from the mean of all clips, on which R2 does not depend: heads start with outputs of
    about that size, and single precision could not tell times of today apart.
    """

    metric = "R2"
    loss = nn.MSELoss
    measure = staticmethod(determination)

    def _encode(self, labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
        numbers = np.array(labels, dtype=np.float64)[:, None]
        return [], ((numbers - numbers.mean()) / (numbers.std() or 1)).astype(np.float32)


def targets_of(labels: Sequence[Label]) -> Targets:
    """The targets of these labels: texts, tuples of texts, or numbers."""
    first = labels[0] if labels else ""
    kind = SeveralClasses if isinstance(first, tuple) else Numbers if isinstance(first, float) else OneClass
    return kind(labels)


def mean_score(kind: type[Targets], scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The score averaged over seeds.

    Args:
        kind: class of the targets.
        scores: predictions, (n_seeds, n_clips, n_outputs).
        truth: (n_clips, n_outputs).
        weights: count of each clip, (n_draws, n_clips).

    Returns:
        (n_draws,).
    """
    return np.mean([kind.measure(of_seed, truth, weights) for of_seed in scores], axis=0)


def _classes(labels: Sequence[tuple[str, ...]]) -> tuple[list[str], np.ndarray]:
    column = {name: i for i, name in enumerate(sorted({name for of_clip in labels for name in of_clip}))}
    truth = np.zeros((len(labels), len(column)), dtype=bool)
    for row, of_clip in zip(truth, labels, strict=True):
        row[[column[name] for name in of_clip]] = True
    return list(column), truth
