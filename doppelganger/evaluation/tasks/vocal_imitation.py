"""Vocal Imitation Set: 5,601 vocal imitations of 302 sounds, labelled by the sound imitated, in HEAR's 3 folds.

HEAR's folder is read too: the same folds, which share speakers.

Source: Kim et al., Vocal Imitation Set: A Dataset of Vocally Imitated Sound Events Using the AudioSet Ontology, 2018;
    zenodo.org/records/1340763, the folder VocalImitationSet.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.hear_kit import hear_kit_clips, hear_kit_folds
from doppelganger.evaluation.layout import find, is_hear_kit, read_csv
from doppelganger.evaluation.task import Clip

FOLDER = "vocal_imitations/included"


@whole(5_601, "fold00 fold01 fold02")
def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "vocal_imitation", "full", 5_601)
        return
    table = root / "vocal_imitations.txt"
    rows = list(read_csv(table, "imitation_filename", "reference_filename", "included", delimiters="\t"))
    files = {PurePosixPath(file).name: file for file in find(root, f"{FOLDER}/**/*.wav")}
    labels = {
        files.get(row["imitation_filename"], f"{FOLDER}/{row['imitation_filename']}"): row["reference_filename"]
        for row in rows
        if row["included"].lower() in ("true", "1")
    }
    yield from hear_kit_folds(labels, n_folds=3)
