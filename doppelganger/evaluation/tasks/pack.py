"""A folder of recordings with a labels.csv (columns file, label and, if there is one, fold, and any others).

The table is UTF-8, or UTF-16 with a byte-order mark; commas, semicolons or tabs stand between columns. With a column
labels in place of label, a clip has any number of classes, also none, with ; or | between them: dog; bark. With a
column value in place of both, a clip has a number, which a probe predicts: 0.25. Without a column fold, the clips of
each class are dealt into five random folds, copies of a file into one. Without a table, the label is the folder
directly below the root in which a recording lies; if all these are named train, val or test, they are the folds, and
the label is the folder below.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from doppelganger.embedding.read_ahead import in_threads
from doppelganger.embedding.sound_files import sound_files, text_of
from doppelganger.evaluation.layout import header_of, read_csv
from doppelganger.evaluation.splits import are_roles, dealt
from doppelganger.evaluation.task import NO_BYTES, Clip, Task, digest, task_of

TABLE = "labels.csv"
_DELIMITERS = ",;\t"
_LARGEST = 1e30
_N_FOLDS = 5


def read_pack(root: Path, sample_rate: int, seed: int = 0) -> Task:
    """The task of a pack. Its `about` says what was not given: folds, which are dealt by the seed, and the table."""
    about = []
    if (root / TABLE).is_file():
        found = clips(root)
    else:
        found, unlabelled = _of_subfolders(root)
        given = "Folds and labels" if any(clip.fold for clip in found) else "Labels"
        about.append(f"{given} are the names of the subfolders.")
        if unlabelled:
            about.append(f"Without a label: {', '.join(text_of(path.relative_to(root)) for path in unlabelled)}.")
    if found and not any(clip.fold for clip in found):
        folds = _folds(root, found, seed)
        found = [replace(clip, fold=fold) for clip, fold in zip(found, folds, strict=True)]
        about.append(f"No folds were given: each class was dealt into {len(set(folds))} random folds (seed {seed}).")
    return task_of(root.resolve().name, root, found, sample_rate, about=" ".join(about))


def _folds(root: Path, found: Sequence[Clip], seed: int) -> list[str]:
    """A random fold for each clip. Copies of a file share one: else a probe is tested on what it was trained on."""
    first: dict[str, int] = {}
    originals = [first.setdefault(key, i) for i, key in enumerate(in_threads(partial(_content, root), found))]
    once = sorted(set(originals))
    folds = dict(zip(once, dealt([found[i].label for i in once], _N_FOLDS, seed), strict=True))
    return [folds[i] for i in originals]


def _content(root: Path, clip: Clip) -> str:
    found = digest(root / clip.file)
    return clip.file if found == NO_BYTES else found


def clips(root: Path) -> list[Clip]:
    """The clips, with the fold "" where none is given."""
    table = root / TABLE
    if not table.is_file():
        return _of_subfolders(root)[0]
    header = header_of(table, _DELIMITERS)
    column = next((name for name in ("label", "labels", "value") if name in header), "label")
    if column == "label":
        return from_table(table)
    rows = _rows(table, column)
    if column == "value":
        return [Clip(row["file"], _number(table, row), row.get("fold", "")) for row in rows]
    _require_separators(table, [row["labels"] for row in rows])
    classes = [tuple(dict.fromkeys(filter(None, map(str.strip, re.split("[;|]", row["labels"]))))) for row in rows]
    return [Clip(row["file"], names, row.get("fold", "")) for row, names in zip(rows, classes, strict=True)]


def from_table(table: Path) -> list[Clip]:
    """The clips of a table with the column label; without a column fold, the fold is "".

    Raises:
        ValueError: a missing column or an empty value; see `require_one_class`.
    """
    rows = _rows(table, "label")
    require_one_class(table, [row["label"] for row in rows])
    return [Clip(row["file"], row["label"], row.get("fold", "")) for row in rows]


def _rows(table: Path, column: str) -> list[dict[str, str]]:
    """The rows of a table: file, a column and, if there is one, fold.

    Raises:
        ValueError: none of the files is there: their paths may begin at another folder.
    """
    fold = ["fold"] if "fold" in header_of(table, _DELIMITERS) else []
    rows = list(read_csv(table, "file", column, *fold, delimiters=_DELIMITERS, optional=["labels"]))
    if rows and not any((table.parent / row["file"]).is_file() for row in rows):
        raise ValueError(
            f"{table}: expected paths relative to its folder in the column file; got {rows[0]['file']}, and no such "
            f"file {table.parent / rows[0]['file']}, nor any other of the table"
        )
    return rows


def from_subfolders(folder: Path, sounds: Sequence[Path]) -> tuple[list[Clip], list[Path]]:
    """Clips labelled by the folder directly below `folder` that they lie in, and the files in none.

    If all these folders are named train, val or test, they are the folds, and the label is the folder below.

    Raises:
        ValueError: these folders are packs.
    """
    if packs := sorted(table.parent for table in folder.glob(f"*/{TABLE}")):
        raise ValueError(
            f"{folder}: expected a pack, a folder with labels.csv (file,label,fold); it is a folder of packs: name "
            f"one of them, such as {text_of(packs[0])}"
        )
    parts = [path.relative_to(folder).parts for path in sounds]
    of_label = 1 if are_roles({part[0] for part in parts if len(part) > 1}) else 0
    found = [
        Clip("/".join(part), part[of_label], part[0] if of_label else "") for part in parts if len(part) > of_label + 1
    ]
    return found, [path for path, part in zip(sounds, parts, strict=True) if len(part) <= of_label + 1]


def require_one_class(table: Path, labels: Sequence[str]) -> None:
    """Check the column label.

    Raises:
        ValueError: several classes in a cell, or numbers on a scale.
    """
    several = next((label for label in labels if re.search("[;|]", label)), None)
    if several:
        raise ValueError(
            f"{table}: expected one class in each cell of the column label; got {several!r}: name the column labels "
            "for several classes a clip, or write the name without ; and |"
        )
    if len(set(labels)) > 20 and len(set(labels)) > len(labels) / 2 and all(map(_is_decimal, labels)):
        raise ValueError(
            f"{table}: expected classes in the column label; got {len(set(labels))} different numbers, {labels[0]} "
            "first: name the column value for numbers to predict, or write ranges, such as low, middle and high"
        )


def _require_separators(table: Path, cells: Sequence[str]) -> None:
    """Refuse a column labels with commas between classes: each combination would be a class of its own."""
    with_comma = next((cell for cell in cells if "," in cell), None)
    if with_comma and not any(re.search("[;|]", cell) for cell in cells):
        raise ValueError(
            f"{table}: expected ; or | between the classes of a clip in the column labels; got {with_comma!r}, and "
            "neither sign in any row: write ; in place of the comma, or behind a name that holds a comma"
        )


def _of_subfolders(root: Path) -> tuple[list[Clip], list[Path]]:
    try:
        sounds = sound_files(root)
    except ValueError:  # no sound file
        sounds = []
    found, unlabelled = from_subfolders(root, sounds)
    labels = sorted({str(clip.label) for clip in found})
    if len(labels) < 2:  # a folder of recordings whose labels.csv is missing has one subfolder, if any
        raise ValueError(
            f"{root}: expected a pack, a folder with labels.csv (file,label,fold) or with recordings in two subfolders "
            "or more, named by label; found no labels.csv, and recordings in "
            f"{', '.join(labels) or 'no subfolder of a label'}"
        )
    return found, unlabelled


def _number(table: Path, row: dict[str, str]) -> float:
    try:
        number = float(row["value"])
    except ValueError:
        number = math.nan
    if not abs(number) < _LARGEST:
        raise ValueError(
            f"{table}: expected numbers below {_LARGEST:g} in the column value; got {row['value']!r} for {row['file']}"
        )
    return number


def _is_decimal(label: str) -> bool:
    return re.fullmatch(r"[+-]?\d*\.\d+(e[+-]?\d+)?", label, re.IGNORECASE) is not None
