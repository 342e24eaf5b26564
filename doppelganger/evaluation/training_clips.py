"""The training clips of a task as a task of their own, for choices that the test clips must not see."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from doppelganger.evaluation.splits import dealt, splits_of
from doppelganger.evaluation.task import Task

_N_PARTS = 2


def training_clips(task: Task, seed: int = 0) -> Task:
    """A task without its test clips, and with folds of its own.

    If folds are named train, val and test, val becomes the test; without a val, each class of train is dealt into two
    folds at random. If folds have other names, the last one is left out.

    Args:
        task: a task with folds, see `splits_of`.
        seed: seed for dealing the clips.

    Raises:
        ValueError: see `splits_of`; fewer than three unnamed folds.
    """
    splits = splits_of(task.folds, task.labels, seed)
    kept: list[int] = np.setdiff1d(np.arange(len(task)), splits[-1].test).tolist()
    folds = [task.folds[i] for i in kept]
    if len(splits) == 2:
        raise ValueError(f"{task.name}: expected three folds or more, so that two are left; got two")
    if len(splits) == 1 and len(set(folds)) == 1:
        folds = dealt([task.labels[i] for i in kept], _N_PARTS, seed)
    elif len(splits) == 1:
        tested = set(splits[0].choose)
        folds = ["test" if i in tested else "train" for i in kept]
    # Other processes can be sent these, and no lambda.
    return replace(
        task,
        name=f"{task.name}, training clips",
        clips=[task.clips[i] for i in kept],
        labels=[task.labels[i] for i in kept],
        folds=folds,
        blocks=partial(_of_kept, task.blocks, kept),
        key=partial(_of_kept, task.key, kept),
        read_at=task.read_at and partial(_at, task.read_at, seed),
    )


def _of_kept(of_clip: Callable[[int], Any], kept: Sequence[int], clip: int) -> Any:
    return of_clip(kept[clip])


def _at(read_at: Callable[[int], Task], seed: int, sample_rate: int) -> Task:
    return training_clips(read_at(sample_rate), seed)
