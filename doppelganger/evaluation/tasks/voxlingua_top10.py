"""VoxLingua107 top 10: 972 utterances of the 10 languages most frequent in its development set, in HEAR's 5 folds.

HEAR's folder is read too: the same folds. Ties in frequency are broken alphabetically.

Source: Valk and Alumäe, VoxLingua107: A Dataset for Spoken Language Recognition, 2021; bark.phon.ioc.ee/voxlingua107,
    dev.zip, the folder above its dev.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.hear_kit import hear_kit_clips, hear_kit_folds
from doppelganger.evaluation.layout import find, is_hear_kit
from doppelganger.evaluation.task import Clip

N_LANGUAGES = 10


@whole(972, "fold00 fold01 fold02 fold03 fold04")
def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "vox_lingua_top10", "full", 972)
        return
    languages = {file: PurePosixPath(file).parent.name for file in find(root, "dev/*/*.wav")}
    n_clips = Counter(languages.values())
    frequent = sorted(n_clips, key=lambda language: (-n_clips[language], language))[:N_LANGUAGES]
    if len(frequent) < N_LANGUAGES:
        raise ValueError(f"{root / 'dev'}: expected {N_LANGUAGES} languages or more; got {', '.join(frequent)}")
    yield from hear_kit_folds({file: name for file, name in languages.items() if name in frequent}, n_folds=5)
