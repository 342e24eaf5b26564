"""VocalSound: 21,024 coughs, laughs, sighs, sneezes, sniffs and cleared throats, 6 classes, split by speaker.

Source: Gong, Yu and Glass, VocalSound: A Dataset for Improving Human Vocal Sounds Recognition, 2022;
    github.com/YuanGongND/vocalsound, at 44.1 kHz if it is there, else at 16 kHz, with the official split.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.layout import field, first_of, read_csv, read_json
from doppelganger.evaluation.task import Clip

FOLDS = {"tr": "train", "val": "val", "te": "test"}


@whole(21_024, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    vocabulary = root / "class_labels_indices_vs.csv"
    names = {row["mid"]: row["display_name"] for row in read_csv(vocabulary, "mid", "display_name")}
    folder = first_of(root, "audio_44k", "data_44k", "audio_16k")
    for stem, fold in FOLDS.items():
        table = root / "datafiles" / f"{stem}.json"
        for record in field(read_json(table), "data", table):
            file = PurePosixPath(field(record, "wav", table)).name
            yield Clip(f"{folder}/{file}", field(names, field(record, "labels", table), vocabulary), fold)
