"""Embeddings of clips, the probe task on them, and the predictions of a probe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from doppelganger.evaluation.targets import Targets, targets_of
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
        clip_keys: cache key of each clip, which copies of a clip share.
    """

    mean: np.ndarray
    frames: Callable[[int], np.ndarray]
    key: str = ""
    layers: Callable[[int], np.ndarray] | None = None
    clip_keys: Sequence[str] = ()


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

    @cached_property
    def targets(self) -> Targets:
        """The labels as an array, and how predictions of them are trained and scored."""
        return targets_of(self.labels)


@dataclass(frozen=True)
class Predictions:
    """Predictions of a probe for the clips of the test folds.

    Args:
        tested: clip numbers (n_tested,).
        scores: float32 (n_seeds, n_tested, n_outputs): higher for likelier classes, or numbers.
        chosen: name of a test fold -> settings chosen without it.
    """

    tested: np.ndarray
    scores: np.ndarray
    chosen: dict[str, Any]
