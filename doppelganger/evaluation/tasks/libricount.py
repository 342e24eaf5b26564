"""LibriCount: 5,720 five-second mixtures of 0 to 10 speakers, labelled by their number, in HEAR's 5 folds.

HEAR's folder is read too: the same folds, which share speakers.

Source: Stöter et al., LibriCount, a Dataset for Speaker Count Estimation, 2018; zenodo.org/records/1216072, the
    folder above its test.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.hear_kit import hear_kit_clips, hear_kit_folds
from doppelganger.evaluation.layout import find, is_hear_kit
from doppelganger.evaluation.task import Clip


@whole(5_720, "fold00 fold01 fold02 fold03 fold04")
def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "libricount", "full", 5_720)
        return
    annotated = (PurePosixPath(file) for file in find(root, "test/*.json"))
    labels = {str(file.with_suffix(".wav")): file.stem.partition("_")[0] for file in annotated}
    yield from hear_kit_folds(labels, n_folds=5)
