"""Embeddings of clips, the probe task on them, and the predictions of a probe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from doppelganger.evaluation.task import Label


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of clips by one encoder.

    Args:
        mean: mean over each clip's windows, float32 (n_clips, embedding_dim).
        frames: row of `mean` -> the clip's frames in order, float32 (n_frames, width).
        layers: row of `mean` -> the clip's windows by layer, float32 (n_layers, n_windows, dim); None if the layers
            were not embedded.
        key: text that changes when any of the embeddings does.
    """

    mean: np.ndarray
    frames: Callable[[int], np.ndarray]
    key: str = ""
    layers: Callable[[int], np.ndarray] | None = None


@dataclass(frozen=True)
class ProbeTask:
    """Embedded clips with labels and folds: the input of a protocol.

    Args:
        embeddings: embeddings of the clips.
        labels: label of each clip, see `Task`.
        folds: fold of each clip, see `splits_of`.
        seed: seed for all random draws.
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
        """Classes of each clip, bool (n_clips, n_classes), see `truth_of`."""
        return truth_of(self.labels)[1]


@dataclass(frozen=True)
class Predictions:
    """Predictions of a probe for the clips of the test folds.

    Args:
        tested: clip numbers (n_tested,).
        scores: float32 (n_seeds, n_tested, n_classes), higher for likelier classes.
        chosen: name of a test fold -> settings chosen without it.
    """

    tested: np.ndarray
    scores: np.ndarray
    chosen: dict[str, Any]


def truth_of(labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
    """All classes, sorted, and the classes of each clip, bool (n_clips, n_classes)."""
    names = [label if isinstance(label, tuple) else (label,) for label in labels]
    column = {name: i for i, name in enumerate(sorted({name for of_clip in names for name in of_clip}))}
    truth = np.zeros((len(labels), len(column)), dtype=bool)
    for row, of_clip in zip(truth, names, strict=True):
        row[[column[name] for name in of_clip]] = True
    return list(column), truth
