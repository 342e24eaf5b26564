"""Surge: 183,392 four-second notes of 2,084 presets of a synthesizer, 88 pitches, split by preset.

Folder: one folder per preset, <preset>/<MIDI pitch>.ogg. If there is a dataset_surge_tone_splits.csv (tone,split), it
    sets the split of the presets.

Source: Turian, Surge synthesizer sounds, 2021; zenodo.org/records/4677097. It has no official split: without a
    table the split is ours, a hash of the preset's name, about 80/10/10.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.completeness import require_all, whole
from doppelganger.evaluation.layout import find, hashed_fold, read_csv
from doppelganger.evaluation.task import Clip


@whole(183_392, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    files = [PurePosixPath(file) for file in find(root, "*/*.ogg")]
    presets = {file.parent.name for file in files}
    table = root / "dataset_surge_tone_splits.csv"
    if table.is_file():
        folds = {row["tone"]: row["split"] for row in read_csv(table, "tone", "split")}
        require_all(root, f"presets of {table.name}", folds, presets)
    else:
        folds = {preset: hashed_fold(preset.partition("-velocity")[0]) for preset in presets}
    for file in files:
        yield Clip(str(file), file.stem, folds[file.parent.name])
