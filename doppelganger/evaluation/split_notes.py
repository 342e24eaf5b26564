"""Notes on splits that make a score too high or too low: copies on both sides, classes without training clips."""

from collections.abc import Mapping, Sequence

import numpy as np

from doppelganger.evaluation.splits import Split
from doppelganger.evaluation.task import Label, Task

_NAMED = 3  # clips or classes


def notes_on(task: Task, clips: Sequence[int], splits: Sequence[Split], keys: Sequence[str]) -> list[str]:
    """What a report says about the splits of a task; nothing where all is well.

    Args:
        task: the task.
        clips: numbers of the clips used, which the splits count.
        splits: see `splits_of`.
        keys: key of each clip used, which copies share.
    """
    labels = [task.labels[i] for i in clips]
    notes = (_on_copies(task, clips, copies_across(splits, keys)), _on_untrained(untrained_classes(splits, labels)))
    return [note for note in notes if note]


def copies_across(splits: Sequence[Split], keys: Sequence[str]) -> dict[int, int]:
    """The test clips of which a copy is among the training or validation clips of the same split.

    Args:
        splits: see `splits_of`.
        keys: key of each clip, which copies share.

    Returns:
        test clip -> the first such copy.
    """
    found = {}
    for split in splits:
        first: dict[str, int] = {}
        trained: list[int] = np.sort(np.concatenate([split.fit, split.choose])).tolist()
        tested: list[int] = split.test.tolist()
        for clip in trained:
            first.setdefault(keys[clip], clip)
        found |= {clip: first[keys[clip]] for clip in tested if keys[clip] in first}
    return found


def untrained_classes(splits: Sequence[Split], labels: Sequence[Label]) -> list[tuple[str, str]]:
    """The classes of which there are test clips, but neither training nor validation clips of the same split.

    Args:
        splits: see `splits_of`.
        labels: label of each clip.

    Returns:
        class, and name of the test fold.
    """
    found = []
    for split in splits:
        trained, tested = (
            {name for i in clips for name in _classes_of(labels[i])}
            for clips in (np.concatenate([split.fit, split.choose]).tolist(), split.test.tolist())
        )
        found += [(name, split.name) for name in sorted(tested - trained)]
    return found


def _classes_of(label: Label) -> tuple[str, ...]:
    """The classes of a clip; none for a number."""
    if isinstance(label, str):
        return (label,)
    return label if isinstance(label, tuple) else ()


def _on_copies(task: Task, clips: Sequence[int], found: Mapping[int, int]) -> str:
    """What the report says about test clips whose copies are training clips; "" if there are none.

    Args:
        task: the task.
        clips: numbers of the clips used.
        found: test clip -> its copy, both as places in `clips`.
    """
    if not found:
        return ""
    pairs = [(clips[test], clips[train]) for test, train in [*found.items()][:_NAMED]]
    some = [f"{task.clips[a]} (fold {task.folds[a]}) of {task.clips[b]} (fold {task.folds[b]})" for a, b in pairs]
    more = ", ..." if len(found) > len(some) else ""
    return (
        f"{len(found)} of the test clips are copies of training clips, which makes the score too high: "
        f"{', '.join(some)}{more}; keep the copies of a clip in one fold."
    )


def _on_untrained(found: Sequence[tuple[str, str]]) -> str:
    """What the report says of classes that are tested and not trained on; pairs of class and test fold."""
    if not found:
        return ""
    some = ", ".join(f"{name} (tested in fold {fold})" for name, fold in found[:_NAMED])
    more = ", ..." if len(found) > _NAMED else ""
    return (
        f"{len(found)} of the classes have test clips but no training clip, which makes the score too low: "
        f"{some}{more}; keep clips of each class in other folds, too."
    )
