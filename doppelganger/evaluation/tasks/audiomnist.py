"""AudioMNIST: 30,000 spoken digits of 60 speakers, 10 classes, in 5 folds of 12 speakers.

Source: Becker et al., AudioMNIST: Exploring Explainable Artificial Intelligence for Audio Analysis on a Simple
    Benchmark, 2024; github.com/soerenab/AudioMNIST. The folds are the official ones for digits.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import require_all, whole
from doppelganger.evaluation.layout import find, name_parts
from doppelganger.evaluation.task import Clip

SPEAKERS = (
    "12 47 59 15 27 41 04 11 21 31 44 50",
    "26 52 60 18 32 42 05 13 22 33 45 51",
    "28 56 07 19 35 01 06 16 23 34 46 53",
    "36 57 09 24 37 02 08 17 29 39 48 54",
    "43 58 14 25 38 03 10 20 30 40 49 55",
)


@whole(30_000, "0 1 2 3 4")
def clips(root: Path) -> Iterator[Clip]:
    folds = {speaker: str(fold) for fold, speakers in enumerate(SPEAKERS) for speaker in speakers.split()}
    files = find(root, "data/*/*.wav")
    require_all(root, "speakers", folds, (name_parts(file, 3)[1] for file in files))
    for file in files:
        digit, speaker, _ = name_parts(file, 3)
        yield Clip(file, digit, folds[speaker])
