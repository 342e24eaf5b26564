"""ESC-50: 2,000 five-second environmental sounds of 50 classes, in 5 folds.

Source: Piczak, ESC: Dataset for Environmental Sound Classification, 2015; github.com/karolpiczak/ESC-50.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import read_csv
from doppelganger.evaluation.task import Clip


@whole(2_000, "1 2 3 4 5")
def clips(root: Path) -> Iterator[Clip]:
    for row in read_csv(root / "meta" / "esc50.csv", "filename", "fold", "category"):
        yield Clip(f"audio/{row['filename']}", row["category"], row["fold"])
