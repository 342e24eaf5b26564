"""VIVAE: 1,085 nonverbal vocalizations of 11 speakers in 6 emotions, one fold per speaker.

Source: Holz, Larrouy-Maestri and Poeppel, The Variably Intense Vocalizations of Affect and Emotion (VIVAE) Corpus,
    2020; zenodo.org/records/4066235, the full set. It has no official split: each speaker is one fold.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import require_all, whole
from doppelganger.evaluation.layout import find, name_parts
from doppelganger.evaluation.task import Clip

SPEAKERS = [f"S{speaker:02d}" for speaker in range(1, 12)]


@whole(1_085, "S01 S02 S03 S04 S05 S06 S07 S08 S09 S10 S11")
def clips(root: Path) -> Iterator[Clip]:
    files = find(root, "full_set/*.wav")
    require_all(root, "speakers", SPEAKERS, (name_parts(file, 4)[0] for file in files))
    for file in files:
        speaker, emotion, _, _ = name_parts(file, 4)
        yield Clip(file, emotion, speaker)
