"""The data sets of evaluate: --task and --packs."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from doppelganger.commands._options import labels_of
from doppelganger.evaluation import Task, read_task, synthetic_tasks, task_names


def add_data_sets(parser: ArgumentParser) -> None:
    """Add --task and --packs."""
    parser.add_argument(
        "--task",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=DIR",
        help=f"public data sets and their folders: {', '.join(task_names())}, or package.module of your own",
    )
    parser.add_argument("--packs", type=Path, nargs="+", default=[], metavar="DIR", help="the same as --task pack=DIR")


def data_sets_of(args: Namespace) -> list[tuple[str, str]]:
    """Name and folder of each data set of --packs and --task.

    Raises:
        ValueError: no NAME=FOLDER, or one that is given twice.
    """
    named = [("pack", str(folder)) for folder in args.packs]
    for given in args.task:
        name, equals, folder = given.partition("=")
        if not equals or not folder:
            raise ValueError(f"--task: expected NAME=FOLDER, such as esc50=data/ESC-50; got {given}")
        named.append((name, folder))
    if len(set(named)) < len(named):
        raise ValueError(f"--task, --packs: expected each once; got {' '.join(folder for _, folder in named)}")
    return named


def tasks_of(named: Sequence[tuple[str, str]], sample_rate: int, seed: int) -> list[Task]:
    """The tasks of data sets, each under a name of its own; the synthetic ones where there are none.

    Args:
        named: see `data_sets_of`.
        sample_rate: in Hz.
        seed: seed of the synthetic sounds, and for dealing the clips of a pack without folds.
    """
    if not named:
        return synthetic_tasks(sample_rate, seed)
    tasks = [read_task(name, folder, sample_rate, seed) for name, folder in named]
    return _told_apart(tasks, [folder for _, folder in named])


def _told_apart(tasks: Sequence[Task], folders: Sequence[str]) -> list[Task]:
    """The tasks; those of one name, such as packs in a/sounds and b/sounds, are named by more of their folders."""
    n_named = Counter(task.name for task in tasks)
    alike = [folder for task, folder in zip(tasks, folders, strict=True) if n_named[task.name] > 1]
    if not alike:
        return list(tasks)
    labels = dict(zip(alike, labels_of([str(Path(folder).resolve()) for folder in alike]), strict=True))
    return [replace(task, name=labels.get(folder, task.name)) for task, folder in zip(tasks, folders, strict=True)]
