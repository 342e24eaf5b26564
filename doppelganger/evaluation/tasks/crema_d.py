"""CREMA-D: 7,442 sentences spoken by 91 actors in 6 emotions, split by actor.

HEAR's folder is read too, with its 5 folds, which share their actors.

Source: Cao et al., CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset, 2014;
    github.com/CheyneyComputerScience/CREMA-D, cloned with git lfs. It has no official split; this is the split of
    TensorFlow Datasets' crema_d.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import require_all, whole
from doppelganger.evaluation.hear_kit import hear_kit_clips
from doppelganger.evaluation.layout import find, is_hear_kit, name_parts
from doppelganger.evaluation.task import Clip

ACTORS = [str(actor) for actor in range(1001, 1092)]
VAL = "1015 1020 1021 1030 1050 1070 1079 1089 1090"
TEST = "1010 1013 1022 1026 1037 1038 1040 1045 1047 1048 1059 1065 1066 1068 1071 1073 1084 1086 1088"


@whole(7_442, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "tfds_crema_d", "full", 7_438)
        return
    files = find(root, "AudioWAV/*.wav")
    require_all(root, "actors", ACTORS, (name_parts(file, 4)[0] for file in files))
    for file in files:
        actor, _, emotion, _ = name_parts(file, 4)
        yield Clip(file, emotion, "val" if actor in VAL.split() else "test" if actor in TEST.split() else "train")
