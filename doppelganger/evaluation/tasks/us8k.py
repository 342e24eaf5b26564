"""UrbanSound8K: 8,732 urban sounds of up to four seconds, of 10 classes, in 10 folds.

Source: Salamon, Jacoby and Bello, A Dataset and Taxonomy for Urban Sound Research, 2014;
    urbansounddataset.weebly.com. The folds are the official ones.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import read_csv
from doppelganger.evaluation.task import Clip


@whole(8_732, "1 2 3 4 5 6 7 8 9 10")
def clips(root: Path) -> Iterator[Clip]:
    for row in read_csv(root / "metadata" / "UrbanSound8K.csv", "slice_file_name", "fold", "class"):
        yield Clip(f"audio/fold{row['fold']}/{row['slice_file_name']}", row["class"], row["fold"])
