"""A folder of recordings with a labels.csv (columns file, label, fold and any others).

The table is UTF-8, or UTF-16 with a byte-order mark; commas, semicolons or tabs stand between columns. With a column
labels in place of label, a clip has any number of classes, also none, with ; or | between them: dog; bark. With a
column value in place of both, a clip has a number, which a probe predicts: 0.25.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from doppelganger.evaluation.layout import header_of, read_csv
from doppelganger.evaluation.task import Clip

_LARGEST = 1e30
DELIMITERS = ",;\t"


def clips(root: Path) -> list[Clip]:
    table = root / "labels.csv"
    if not table.is_file():
        raise ValueError(f"{root}: expected a pack, a folder with labels.csv (file,label,fold); found no labels.csv")
    header = header_of(table, DELIMITERS)
    column = next((name for name in ("label", "labels", "value") if name in header), "label")
    rows = list(read_csv(table, "file", column, "fold", delimiters=DELIMITERS, optional=["labels"]))
    if column == "value":
        return [Clip(row["file"], _number(table, row), row["fold"]) for row in rows]
    if column == "label":
        require_one_class(table, [row["label"] for row in rows])
        return [Clip(row["file"], row["label"], row["fold"]) for row in rows]
    classes = [tuple(dict.fromkeys(filter(None, map(str.strip, re.split("[;|]", row["labels"]))))) for row in rows]
    return [Clip(row["file"], names, row["fold"]) for row, names in zip(rows, classes, strict=True)]


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
