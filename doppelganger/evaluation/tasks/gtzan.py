"""GTZAN: 930 thirty-second excerpts of 10 genres of music, without the faulty and repeated ones.

HEAR's folder is read too: all 1,000 excerpts in its 10 folds, which share artists.

Source: Tzanetakis and Cook, Musical Genre Classification of Audio Signals, 2002. The split is the fault-filtered one
    of Kereliuk, Sturm and Larsen, Deep Learning and Music Adversaries, 2015.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.completeness import whole
from doppelganger.evaluation.hear_kit import hear_kit_clips
from doppelganger.evaluation.layout import first_of, is_hear_kit
from doppelganger.evaluation.task import Clip

EXCERPTS = """
train blues 29-49 73-97
train classical 30-33 43-48 50-67 80-99
train country 19-26 28-29 65-99
train disco 5 15-20 22-37 39-45 47 49 53-54 56-57 59 61 70 73-74 89
train hiphop 2-25 28-29 31-38 41-42 55-61 77-80
train jazz 0-1 11-24 41 47-72
train metal 2-3 5 21 24 35 46-57 59-66 69 71-72 79-80 84 86 89-99
train pop 2-9 11-12 16-20 23-29 31-36 38-42 44 46 49-50 80 97-99
train reggae 0-2 4 6 9 11-12 14-32 42-45 49-51 54-60 63 69
train rock 0-9 16-26 57-70 91-99
val blues 0-11 50-60
val classical 0-10 68-76
val country 0-7 9-18 27 41-42 45 49
val disco 0 2-4 6-14 46 48 52 67-68 72 75 90 95
val hiphop 81-98
val jazz 2-10 25-32
val metal 0-1 6-11 16-20 36-37 68 76-77 81-82
val pop 10 53 55 58-62 81 83-86
val reggae 61-62 70 72 74 76-78 85 92-99
val rock 38 49-56 71-85
test blues 12-28 61-72 98-99
test classical 11-29 34-41 49 77-79
test country 30-40 43-44 46-48 50-51 53-64
test disco 1 21 58 62-66 69 76-88 91-94 96-97 99
test hiphop 0 26-27 30 40 43-45 51-54 62-75 99
test jazz 73-99
test metal 12-15 22-23 25-33 38-39 67 70 73-75 78 83 85 87-88
test pop 0-1 13-14 43 63-66 69-79 82 88-96
test reggae 34-40 46-48 52-53 64-68 71 79 82-84 87-90
test rock 10-15 27-37 39-48 86-90
"""


@whole(930, "train val test")
def clips(root: Path) -> Iterator[Clip]:
    if is_hear_kit(root):
        yield from hear_kit_clips(root, "tfds_gtzan", "full", 1_000)
        return
    folder = first_of(root, "genres", "genres_original", "Data/genres_original")
    for line in EXCERPTS.strip().splitlines():
        fold, genre, *ranges = line.split()
        for first, _, last in (numbers.partition("-") for numbers in ranges):
            for number in range(int(first), int(last or first) + 1):
                yield Clip(f"{folder}/{genre}/{genre}.{number:05d}.wav", genre, fold)
