"""A map of a task's clips as an encoder places them, with their sounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.manifold import TSNE

from doppelganger.embedding.windows import beginning
from doppelganger.evaluation.media import sound_uri
from doppelganger.evaluation.probe_task import truth_of
from doppelganger.evaluation.task import Label, Task

_CLIPS, _SOUNDS = 400, 100  # at most on a map, and of them heard
_SECONDS = 2.0  # at most of a sound
_FEWEST = 10  # clips that t-SNE can place


@dataclass(frozen=True)
class Map:
    """Clips on a plane; those that lie near each other are alike to the encoder.

    Args:
        task: its name.
        n_clips: of the task, of which some are on the map.
        method: how the clips were placed.
        classes: their names, in order.
        points: across and up for each clip, from 0 to at most 1, on one scale.
        names: a name a clip.
        labels: what each clip is, in words.
        of_class: the number of each clip's class; of several, the first one.
        sounds: each clip's sound as a data URI, or none.
    """

    task: str
    n_clips: int
    method: str
    classes: list[str]
    points: list[tuple[float, float]]
    names: list[str]
    labels: list[str]
    of_class: list[int]
    sounds: list[str | None]


def map_of(task: Task, clips: Sequence[int], embeddings: np.ndarray, seed: int = 0) -> Map:
    """The map of at most 400 of a task's clips, the first 100 with their sounds, drawn evenly over classes.

    Args:
        task: whose clips they are.
        clips: numbers of the clips embedded, (n_clips,).
        embeddings: float32 (n_clips, embedding_dim).
        seed: of what is drawn, and of t-SNE.

    Raises:
        UnusableClip: a sound that was there before and is gone.
    """
    labels = [task.labels[clip] for clip in clips]
    classes, _ = truth_of(labels)
    of_class = np.array([classes.index(_first(label)) for label in labels])
    drawn = _evenly(of_class, seed)[:_CLIPS].tolist()
    points, method = _flatten(embeddings[drawn], seed)
    return Map(
        task=task.name,
        n_clips=len(clips),
        method=method,
        classes=classes,
        points=[(round(float(x), 4), round(float(y), 4)) for x, y in points],
        names=[str(task.clips[clips[i]]) for i in drawn],
        labels=[_in_words(labels[i]) for i in drawn],
        of_class=of_class[drawn].tolist(),
        sounds=[
            sound_uri(beginning(task.blocks(clips[i]), round(_SECONDS * task.sample_rate)), task.sample_rate)
            if number < _SOUNDS
            else None
            for number, i in enumerate(drawn)
        ],
    )


def _evenly(of_class: np.ndarray, seed: int) -> np.ndarray:
    """All clips in an order in which every class comes once before any comes twice."""
    order = np.random.default_rng(seed).permutation(len(of_class))
    turn = np.zeros(len(order), dtype=int)
    for number in np.unique(of_class):
        mine = of_class[order] == number
        turn[mine] = np.arange(mine.sum())
    return order[np.argsort(turn, kind="stable")]


def _flatten(embeddings: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Points (n_clips, 2) of directions, as the nearest-neighbour probe compares them, and how they were found."""
    x = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    x = np.pad(x - x.mean(axis=0), ((0, 0), (0, 2)))  # a plane even from one dimension
    if np.abs(x).max() < 1e-6:  # all the same
        return np.zeros((len(x), 2)), "PCA"
    method = "PCA"
    if len(x) >= _FEWEST:  # among fewer, t-SNE has no neighbourhoods to keep
        perplexity = min(30.0, (len(x) - 1) / 3)
        x, method = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(x), "t-SNE"
    # Which way is up means nothing: lay it down, as a page has more room across.
    x = x - x.mean(axis=0)
    points = x @ np.linalg.svd(x, full_matrices=False)[2][:2].T
    points -= points.min(axis=0)
    return points / points.max(), method


def _first(label: Label) -> str:
    return label[0] if isinstance(label, tuple) else label


def _in_words(label: Label) -> str:
    return ", ".join(label) if isinstance(label, tuple) else label
