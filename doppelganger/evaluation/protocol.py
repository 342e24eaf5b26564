"""The protocol: every task asked of an encoder and of what it has to beat, in the same way, in one run."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from rich.progress import Progress
from torch import nn

from doppelganger.encoders import AudioEncoder
from doppelganger.evaluation.baselines import LogMelStatistics
from doppelganger.evaluation.embedding import embed
from doppelganger.evaluation.intervals import paired_difference, wilson
from doppelganger.evaluation.probes import linear_probe
from doppelganger.evaluation.splits import Split, splits_of
from doppelganger.evaluation.task import Task


def evaluate(
    encoder: AudioEncoder,
    tasks: Sequence[Task],
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    strict: bool = False,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Linear probe of a frozen encoder, of the same encoder with random weights, and of log-mel statistics.

    Args:
        encoder: put into evaluation mode and moved to `device`.
        tasks: at the encoder's sample rate.
        seed: of the random weights, the clips set apart and the bootstrap.
        device: where encoders run.
        strict: stop at a clip that cannot be used, instead of leaving it out.
        progress: where to show how far it is.

    Returns:
        for each task its name, n_clips, n_tested, classes and skipped clips; for each representation
        (trained, random, log_mel) the accuracy as a share, its 95 % interval (low, high), the chosen
        strength of each split, and the confusion matrix (row: the class, column: the prediction); and
        the difference of trained over random with its interval.

    Raises:
        ValueError: a task that cannot be trained or tested, or an embedding that is not finite.
    """
    encoders: dict[str, nn.Module] = {
        "trained": encoder,
        "random": encoder.untrained(seed),
        "log_mel": LogMelStatistics(encoder.sample_rate, encoder.window_s),
    }
    for module in encoders.values():
        module.to(device).eval()
    progress = progress or Progress(disable=True)
    bars = []
    for task in tasks:
        n_splits = len(_splits(task, np.arange(len(task)), seed))  # refuses a task before listening to any
        bars.append(progress.add_task(task.name, start=False, total=len(task) + len(encoders) * n_splits))
    window = round(encoder.window_s * encoder.sample_rate)
    results = []
    for task, bar in zip(tasks, bars, strict=True):
        progress.start_task(bar)
        step = partial(progress.advance, bar)
        results.append(_evaluate_task(encoders, task, window, seed, device, strict, step))
    return results


def _evaluate_task(
    encoders, task: Task, window: int, seed: int, device, strict: bool, step: Callable[[], None]
) -> dict[str, Any]:
    embeddings, clips, skipped = embed(encoders, task, window, device=device, strict=strict, on_clip=step)
    emptied = sorted(set(task.folds) - {task.folds[int(clip)] for clip in clips})
    if emptied:
        raise ValueError(f"{task.name}: no clip of fold {', '.join(emptied)} can be used; mend its files or its folds")
    splits = _splits(task, clips, seed)
    labels = np.array(task.labels)[clips]
    tested = np.concatenate([split.test for split in splits])
    classes = sorted(set(labels.tolist()))

    representations, right = {}, {}
    for name, embedding in embeddings.items():
        predicted, strength = linear_probe(embedding, labels, splits, on_split=step)
        right[name] = predicted[tested] == labels[tested]
        low, high = wilson(int(right[name].sum()), len(tested))
        representations[name] = {
            "accuracy": float(right[name].mean()),
            "low": low,
            "high": high,
            "strength": strength,
            "confusion": _confusion(classes, labels[tested], predicted[tested]),
        }
    return {
        "name": task.name,
        "about": task.about,
        "n_clips": len(clips),
        "n_tested": len(tested),
        "n_classes": len(classes),
        "classes": classes,
        "folds": [split.name for split in splits],
        "skipped": skipped,
        "representations": representations,
        "trained_minus_random": paired_difference(right["trained"], right["random"], seed),
    }


def _splits(task: Task, clips: np.ndarray, seed: int) -> list[Split]:
    try:
        return splits_of(np.array(task.folds)[clips], np.array(task.labels)[clips], seed)
    except ValueError as error:
        left_out = len(task) - len(clips)
        without = f" (without the {left_out} clips that cannot be used)" if left_out else ""
        raise ValueError(f"{task.name}: {error}{without}") from None


def _confusion(classes: list[str], labels: np.ndarray, predicted: np.ndarray) -> list[list[int]]:
    number = {name: i for i, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, ([number[name] for name in labels], [number[name] for name in predicted]), 1)
    return counts.tolist()
