"""A two-dimensional map of a task's clips by their embeddings, with their sounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.manifold import TSNE

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.windows import beginning
from doppelganger.evaluation.media import sound_uri
from doppelganger.evaluation.task import Label, Task

_CLIPS, _SOUNDS = 400, 100  # maximum number of clips on a map, and of those with sound
_SECONDS = 2.0  # maximum length of a sound
_FIFTHS = 5
_NO_CLASS = "none"
_FEWEST = 10  # clips for t-SNE; fewer are projected by PCA


@dataclass(frozen=True)
class Map:
    """Clips on a plane; nearby clips have similar embeddings.

    Args:
        task: name of the task.
        n_clips: number of clips of the task, which may be more than those on the map.
        method: projection method, t-SNE or PCA.
        classes: names of the classes, sorted, or ranges of numbers.
        points: x and y of each clip, from 0 to at most 1, on one scale.
        names: name of each clip.
        labels: labels of each clip as text.
        of_class: class number of each clip; for several classes, the first; for numbers, the fifth of the clips.
        sounds: data URI of each clip's sound, or None; also where its file can no longer be read.
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
    """The map of at most 400 clips of a task, the first 100 with sounds, sampled evenly over classes.

    Args:
        task: task of the clips.
        clips: numbers of the embedded clips, (n_clips,).
        embeddings: float32 (n_clips, embedding_dim).
        seed: seed for sampling and t-SNE.
    """
    labels = [task.labels[clip] for clip in clips]
    classes, of_class = _coloured(labels)
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
        sounds=[_sound(task, clips[i]) if number < _SOUNDS else None for number, i in enumerate(drawn)],
    )


def _sound(task: Task, clip: int) -> str | None:
    try:
        return sound_uri(beginning(task.blocks(clip), round(_SECONDS * task.sample_rate)), task.sample_rate)
    except UnusableClip:  # since it was embedded, which may take hours, the file has been moved, say
        return None


def _evenly(of_class: np.ndarray, seed: int) -> np.ndarray:
    """A random order of all clips in which every class occurs once before any occurs twice."""
    order = np.random.default_rng(seed).permutation(len(of_class))
    turn = np.zeros(len(order), dtype=int)
    for number in np.unique(of_class):
        mine = of_class[order] == number
        turn[mine] = np.arange(mine.sum())
    return order[np.argsort(turn, kind="stable")]


def _flatten(embeddings: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Points (n_clips, 2) from normalised embeddings, as the nearest-neighbour probe compares them, and the method."""
    x = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    x = np.pad(x - x.mean(axis=0), ((0, 0), (0, 2)))  # two dimensions even for 1-d embeddings
    if np.abs(x).max() < 1e-6:  # all embeddings are equal
        return np.zeros((len(x), 2)), "PCA"
    method = "PCA"
    if len(x) >= _FEWEST:  # with fewer, t-SNE has no neighbourhoods to preserve
        perplexity = min(30.0, (len(x) - 1) / 3)
        x, method = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(x), "t-SNE"
    # The orientation is arbitrary: lay the longest axis across, where a page has more room.
    x = x - x.mean(axis=0)
    points = x @ np.linalg.svd(x, full_matrices=False)[2][:2].T
    points -= points.min(axis=0)
    return points / points.max(), method


def _coloured(labels: Sequence[Label]) -> tuple[list[str], np.ndarray]:
    """Names of the colours, and the number of each clip's: its first class, or its fifth of the range of numbers."""
    if not isinstance(labels[0], float):
        first = [(label or (_NO_CLASS,))[0] if isinstance(label, tuple) else label for label in labels]
        classes, of_class = np.unique(first, return_inverse=True)
        return classes.tolist(), of_class
    edges = np.unique(np.quantile(np.array(labels, dtype=float), np.linspace(0, 1, _FIFTHS + 1)))
    ranges = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    return ranges, np.searchsorted(edges[1:-1], np.array(labels, dtype=float), side="right")


def _in_words(label: Label) -> str:
    return ", ".join(label) or _NO_CLASS if isinstance(label, tuple) else str(label)
