"""Vocal Imitation Set: 5,601 vocal imitations of 302 sounds, labelled by the sound imitated, in HEAR's 3 folds.

HEAR's folder is read too: the same folds, which share speakers.

Source: Kim et al., Vocal Imitation Set: A Dataset of Vocally Imitated Sound Events Using the AudioSet Ontology, 2018;
    zenodo.org/records/1340763, the folder VocalImitationSet.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.layout import find, hear_kit_clips, hear_kit_folds, is_hear_kit, read_csv
from doppelganger.evaluation.task import Clip

FOLDER = "vocal_imitations/included"


def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "vocal_imitation", "full")
        return
    table = root / "vocal_imitations.txt"
    rows = list(read_csv(table, "imitation_filename", "reference_filename", "included", delimiter="\t"))
    files = {PurePosixPath(file).name: file for file in find(root, f"{FOLDER}/**/*.wav")}
    labels = {
        files.get(row["imitation_filename"], f"{FOLDER}/{row['imitation_filename']}"): row["reference_filename"]
        for row in rows
        if row["included"].lower() in ("true", "1")
    }
    yield from hear_kit_folds(labels, n_folds=3)
