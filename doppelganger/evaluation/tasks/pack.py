"""A folder of recordings with a labels.csv (columns file, label, fold and any others).

The table is UTF-8, or UTF-16 with a byte-order mark; commas, semicolons or tabs stand between columns.
"""

from pathlib import Path

from doppelganger.evaluation.layout import read_csv
from doppelganger.evaluation.task import Clip


def clips(root: Path) -> list[Clip]:
    table = root / "labels.csv"
    if not table.is_file():
        raise ValueError(f"{root}: expected a pack, a folder with labels.csv (file,label,fold); found no labels.csv")
    return [
        Clip(row["file"], row["label"], row["fold"])
        for row in read_csv(table, "file", "label", "fold", delimiters=",;\t")
    ]
