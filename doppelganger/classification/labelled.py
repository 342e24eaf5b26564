"""Read a folder of labelled sounds: labels from labels.csv, or from the names of subfolders."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from doppelganger.evaluation.task import Clip
from doppelganger.evaluation.tasks.pack import TABLE, from_subfolders, one_class_each, rows_of

__all__ = ["TABLE", "from_subfolders", "from_table", "require_classes"]


def from_table(folder: Path) -> list[Clip]:
    """The clips of a labels.csv with the columns file, label and, if there is one, fold; without it the fold is "".

    Raises:
        ValueError: a missing column or an empty value.
    """
    return one_class_each(folder / TABLE, rows_of(folder / TABLE, "label"))


def require_classes(labels: Sequence[str], where: str) -> None:
    """Check that a classifier of these labels can be trained and tested.

    Raises:
        ValueError: one class only, or a class with one clip.
    """
    counts = Counter(labels)
    if len(counts) < 2:
        raise ValueError(f"expected two labels or more in {where}; got {', '.join(counts) or 'none'}")
    if single := sorted(label for label, count in counts.items() if count == 1):
        raise ValueError(
            f"expected two usable clips or more of each label in {where}, to train and to test on; got one of "
            f"{', '.join(single)}"
        )
