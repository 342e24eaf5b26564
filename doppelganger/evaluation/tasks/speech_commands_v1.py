"""Speech Commands v0.01: 64,721 one-second words of 30 classes, split by speaker.

Source: Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018;
    speech_commands_v0.01.tar.gz. The split is its validation_list.txt and testing_list.txt.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from doppelganger.evaluation.completeness import require_all, whole
from doppelganger.evaluation.layout import find, read_lines
from doppelganger.evaluation.task import Clip

WORDS = (
    "bed bird cat dog down eight five four go happy house left marvin nine no off on one right seven sheila six "
    "stop three tree two up wow yes zero"
)


@whole(64_721, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    return spoken_words(root, WORDS.split())


def spoken_words(root: Path, words: Sequence[str]) -> Iterator[Clip]:
    """One folder per word, with lists of validation and test files; _background_noise_ is not a word."""
    val, test = set(read_lines(root / "validation_list.txt")), set(read_lines(root / "testing_list.txt"))
    files = set(find(root, "[!_.]*/*.wav"))
    require_all(root, "words, a folder each", words, (file.partition("/")[0] for file in files))
    for file in sorted(files | val | test):
        yield Clip(file, file.partition("/")[0], "val" if file in val else "test" if file in test else "train")
