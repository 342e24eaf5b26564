"""Task: clips, what they are, and which of them may be learned from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from doppelganger.embedding.audio import read_blocks

Label = str | tuple[str, ...]


@dataclass(frozen=True)
class Clip:
    """One recording of a data set: its file below the root, what it is, and its fold.

    The label is a class, or a tuple of classes where several may be true at once.
    """

    file: str
    label: Label
    fold: str


@dataclass(frozen=True)
class Task:
    """A question asked of an encoder.

    Args:
        name: what tables call it.
        clips: a name a clip, for messages and reports.
        labels: a class a clip, or a tuple of classes where several may be true at once.
        folds: a fold a clip, see `splits`.
        blocks: clip number -> its waveform in pieces, mono float32 (n_samples,), at `sample_rate`. May be
            called from several threads at once; raises `UnusableClip`.
        key: clip number -> a text that changes when its sound does, for the cache.
        sample_rate: in Hz.
        about: one sentence on what is asked, for the report.
    """

    name: str
    clips: Sequence[str]
    labels: Sequence[Label]
    folds: Sequence[str]
    blocks: Callable[[int], Iterable[np.ndarray]]
    key: Callable[[int], str]
    sample_rate: int
    about: str = ""

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def multi_label(self) -> bool:
        return bool(self.labels) and isinstance(self.labels[0], tuple)


def task_of(name: str, root: Path, clips: Sequence[Clip], sample_rate: int, about: str = "") -> Task:
    """The task that clips on disk set, each a file below the root.

    Raises:
        ValueError: no clip, a file listed twice, or one that lies outside the root.
    """
    if not clips:
        raise ValueError(f"{name}: expected clips in {root}; found none")
    seen = set()
    for clip in clips:
        if clip.file in seen:
            raise ValueError(f"{name}: {clip.file} is listed twice; keep one of them")
        seen.add(clip.file)
    paths = list(_inside(root, [clip.file for clip in clips]))
    return Task(
        name=name,
        clips=[clip.file for clip in clips],
        labels=[clip.label for clip in clips],
        folds=[clip.fold for clip in clips],
        blocks=lambda clip: read_blocks(paths[clip], sample_rate),
        key=lambda clip: digest(paths[clip]),
        sample_rate=sample_rate,
        about=about,
    )


def digest(path: Path) -> str:
    """A hash of a file's bytes; of a missing file, that of no bytes."""
    hash = blake2b(digest_size=16)
    if not path.is_file():
        return hash.hexdigest()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            hash.update(chunk)
    return hash.hexdigest()


def _inside(root: Path, files: Iterable[str]) -> Iterator[Path]:
    resolved = root.resolve()
    for file in files:
        path = root / file
        if not path.resolve().is_relative_to(resolved):
            raise ValueError(f"{root}: {file} lies outside the folder; move it inside")
        yield path
