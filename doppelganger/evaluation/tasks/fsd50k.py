"""FSD50K: 51,197 sounds of up to 30 seconds, with labels from 200 classes, several per clip.

Source: Fonseca et al., FSD50K: An Open Dataset of Human-Labeled Sound Events, 2020; zenodo.org/records/4060432.
    The split is the official one: train and val of the development set, and the evaluation set as test.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import read_csv
from doppelganger.evaluation.task import Clip


@whole(51_197, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    truth = root / "FSD50K.ground_truth"
    for row in read_csv(truth / "dev.csv", "fname", "labels", "split"):
        yield Clip(f"FSD50K.dev_audio/{row['fname']}.wav", tuple(row["labels"].split(",")), row["split"])
    for row in read_csv(truth / "eval.csv", "fname", "labels"):
        yield Clip(f"FSD50K.eval_audio/{row['fname']}.wav", tuple(row["labels"].split(",")), "test")
