"""VoxForge: 176,428 sentences read in 6 languages, labelled by language, split by speaker.

Folder: de, en, es, fr, it and ru, each with its archives unpacked at any depth (<speaker>-<date>-<id>/wav/*.wav).
    If there is a voxforge.csv (file_name,label,split), it sets files, languages and split instead.

Source: voxforge.org. The archives still grow, so the number of sentences is not checked. There is no official split:
    without a table the split is ours, a hash of the speaker's name, about 80/10/10; all anonymous recordings count as
    one speaker, in train.
"""

from collections.abc import Iterator
from pathlib import Path

from doppelganger.evaluation.layout import find, hashed_fold, read_csv
from doppelganger.evaluation.task import Clip

LANGUAGES = ("de", "en", "es", "fr", "it", "ru")


def clips(root: Path) -> Iterator[Clip]:
    if (root / "voxforge.csv").is_file():
        for row in read_csv(root / "voxforge.csv", "file_name", "label", "split"):
            yield Clip(row["file_name"], row["label"], row["split"])
        return
    if missing := [language for language in LANGUAGES if not (root / language).is_dir()]:
        raise ValueError(f"{root}: expected a voxforge.csv, or a folder a language; missing {', '.join(missing)}")
    for language in LANGUAGES:
        for file in find(root, f"{language}/**/wav/*.wav"):
            speaker = file.split("/")[-3].partition("-")[0].lower()
            yield Clip(file, language, hashed_fold(speaker))
