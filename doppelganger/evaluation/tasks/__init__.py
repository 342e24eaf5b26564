"""Public data sets, as their archives unpack. One module each.

A task is a module whose docstring says what is classified, how many clips there are and where the data and its split
come from, and whose ``clips(root)`` yields a `Clip` for each recording. A task of your own is found by the entry-point
group ``doppelganger.tasks``, or by its import path.
"""

from functools import partial
from pathlib import Path

from doppelganger.evaluation.task import Task, task_of
from synths.plugins import Plugins, modules_of

TASKS = Plugins("task", "doppelganger.tasks", partial(modules_of, __name__), needs=("clips",))


def task_names() -> list[str]:
    """Names that `read_task` accepts, besides import paths."""
    return TASKS.names()


def read_task(name: str, root: str | Path, sample_rate: int, seed: int = 0) -> Task:
    """The task of a public data set.

    Args:
        name: see `task_names`, or an import path; ``pack`` reads any folder with labels.csv, or with a
            subfolder for each label, even if files are missing.
        root: folder into which its official archives were unpacked.
        sample_rate: rate that recordings are resampled to, in Hz.
        seed: seed for dealing the clips of a pack without folds.

    Raises:
        ValueError: an unknown name, or an incomplete data set: the first missing file or column is named.
    """
    root, module = Path(root), TASKS.find(name)
    if not root.is_dir():
        raise ValueError(f"{name}: expected a folder at {root}; there is none")
    if name == "pack":  # a user's own recordings: a missing clip is skipped and named, like an unreadable one
        return module.read_pack(root, sample_rate, seed)
    clips = list(module.clips(root))
    missing = [clip.file for clip in clips if not (root / clip.file).is_file()]
    if missing:
        raise ValueError(
            f"{name}: {len(missing)} of {len(clips)} recordings are missing in {root}, {missing[0]} first; "
            "unpack all archives of the data set there"
        )
    return task_of(name, root, clips, sample_rate, about=(module.__doc__ or "").partition("\n")[0])
