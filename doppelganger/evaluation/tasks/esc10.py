"""ESC-10: the 400 five-second environmental sounds of ESC-50 in 10 of its classes, in its 5 folds.

Source: Piczak, ESC: Dataset for Environmental Sound Classification, 2015; github.com/karolpiczak/ESC-50,
    the column esc10.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import read_csv
from doppelganger.evaluation.task import Clip


@whole(400, "1 2 3 4 5")
def clips(root: Path) -> Iterator[Clip]:
    for row in read_csv(root / "meta" / "esc50.csv", "filename", "fold", "category", "esc10"):
        if row["esc10"] == "True":
            yield Clip(f"audio/{row['filename']}", row["category"], row["fold"])
