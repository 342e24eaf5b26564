"""Read a folder of labelled sounds: labels from labels.csv, or from the names of subfolders."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from doppelganger.evaluation.layout import header_of, read_csv
from doppelganger.evaluation.task import Clip
from doppelganger.evaluation.tasks.pack import DELIMITERS, require_one_class

TABLE = "labels.csv"


def from_table(folder: Path) -> list[Clip]:
    """The clips of a labels.csv with the columns file, label and, if there is one, fold; without it the fold is "".

    Raises:
        ValueError: a missing column or an empty value.
    """
    table = folder / TABLE
    fold = ["fold"] if "fold" in header_of(table, DELIMITERS) else []
    rows = list(read_csv(table, "file", "label", *fold, delimiters=DELIMITERS))
    require_one_class(table, [row["label"] for row in rows])
    return [Clip(row["file"], row["label"], row.get("fold", "")) for row in rows]


def from_subfolders(folder: Path, sounds: Sequence[Path]) -> tuple[list[Clip], list[Path]]:
    """Clips labelled by the folder directly below `folder` that they lie in, and the files in none."""
    parts = [path.relative_to(folder).parts for path in sounds]
    clips = [Clip("/".join(part), part[0], "") for part in parts if len(part) > 1]
    return clips, [path for path, part in zip(sounds, parts, strict=True) if len(part) == 1]


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
