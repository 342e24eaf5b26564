"""Clips embedded, the question asked of them, and what a probe predicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from doppelganger.evaluation.task import Label


@dataclass(frozen=True)
class Embeddings:
    """What one encoder made of some clips.

    Args:
        mean: float32 (n_clips, embedding_dim), the mean over a clip's windows.
        frames: row of `mean` -> float32 (n_frames, embedding_dim), its clip's frames in order.
        key: a text that is another one when any of them is.
    """

    mean: np.ndarray
    frames: Callable[[int], np.ndarray]
    key: str = ""


@dataclass(frozen=True)
class ProbeTask:
    """Clips as one encoder embeds them, what they are, and which of them may be learned from.

    Args:
        embeddings: of the clips.
        labels: one a clip, see `Task`.
        folds: one a clip, see `splits_of`.
        seed: of all that is drawn.
    """

    embeddings: Embeddings
    labels: Sequence[Label]
    folds: Sequence[str]
    seed: int = 0

    @property
    def multi_label(self) -> bool:
        return isinstance(self.labels[0], tuple)

    @cached_property
    def truth(self) -> np.ndarray:
        """What each clip is: bool (n_clips, n_classes), see `truth_of`."""
        return truth_of(self.labels)[1]


@dataclass(frozen=True)
class Predictions:
    """What a probe says of the clips of the test folds.

    Args:
        tested: clip numbers (n_tested,).
        scores: float32 (n_seeds, n_tested, n_classes), the more the likelier.
        chosen: name of a test fold -> what was chosen there without it.
    """

    tested: np.ndarray
    scores: np.ndarray
    chosen: dict[str, Any]


def truth_of(labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
    """All classes in order, and what each clip is: bool (n_clips, n_classes)."""
    names = [label if isinstance(label, tuple) else (label,) for label in labels]
    column = {name: i for i, name in enumerate(sorted({name for of_clip in names for name in of_clip}))}
    truth = np.zeros((len(labels), len(column)), dtype=bool)
    for row, of_clip in zip(truth, names, strict=True):
        row[[column[name] for name in of_clip]] = True
    return list(column), truth
