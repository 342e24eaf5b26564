"""Speech Commands v0.02: 105,829 one-second words of 35 classes, split by speaker.

Source: Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018;
    speech_commands_v0.02.tar.gz. The split is its validation_list.txt and testing_list.txt.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.task import Clip
from doppelganger.evaluation.tasks import speech_commands_v1

WORDS = f"{speech_commands_v1.WORDS} backward follow forward learn visual"


@whole(105_829, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    return speech_commands_v1.spoken_words(root, WORDS.split())
