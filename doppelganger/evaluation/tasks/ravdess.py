"""RAVDESS: 1,440 sentences spoken by 24 actors in 8 emotions, in 4 folds of 6 actors.

Source: Livingstone and Russo, The Ryerson Audio-Visual Database of Emotional Speech and Song, 2018;
    zenodo.org/records/1188976, Audio_Speech_Actors_01-24.zip. It has no official split: the folds are ours, actors
    1 to 6, 7 to 12, 13 to 18 and 19 to 24, three women and three men in each.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.task import Clip

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")


@whole(1_440, "1 2 3 4")
def clips(root: Path) -> Iterator[Clip]:
    takes = product(range(1, 25), enumerate(EMOTIONS, start=1), (1, 2), (1, 2), (1, 2))
    for actor, (code, emotion), intensity, statement, repetition in takes:
        if emotion == "neutral" and intensity == 2:
            continue
        name = f"03-01-{code:02d}-{intensity:02d}-{statement:02d}-{repetition:02d}-{actor:02d}.wav"
        yield Clip(f"Actor_{actor:02d}/{name}", emotion, str((actor - 1) // 6 + 1))
