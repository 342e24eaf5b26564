"""Probe tasks on labelled clips: what to classify, and which clips train and test."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import numpy as np

from doppelganger.embedding.audio import read_blocks
from synths.files import sha256_of

Label: TypeAlias = str | tuple[str, ...] | float

NO_BYTES = sha256().hexdigest()


@dataclass(frozen=True)
class Clip:
    """One recording of a data set: its file below the root, its label and its fold.

    The label is a class, a tuple of classes in multi-label tasks, or a number in regressions.
    """

    file: str
    label: Label
    fold: str


@dataclass(frozen=True)
class Task:
    """Labelled clips with folds.

    Args:
        name: name in tables and reports.
        clips: name of each clip, for messages and reports.
        labels: label of each clip, see `Clip`; all of one kind.
        folds: fold of each clip, see `splits`.
        blocks: clip number -> its waveform in blocks, mono float32 (n_samples,), at `sample_rate`. May be
            called from several threads at once; raises `UnusableClip`.
        key: clip number -> cache key, a text that changes when the sound does.
        sample_rate: sample rate of the blocks, in Hz.
        about: one sentence on the task, for the report.
        read_at: sample rate -> the same task at that rate; None if its sounds have one rate.
    """

    name: str
    clips: Sequence[str]
    labels: Sequence[Label]
    folds: Sequence[str]
    blocks: Callable[[int], Iterable[np.ndarray]]
    key: Callable[[int], str]
    sample_rate: int
    about: str = ""
    read_at: Callable[[int], "Task"] | None = None

    def at(self, sample_rate: int) -> "Task":
        """The same clips at a sample rate in Hz.

        Raises:
            ValueError: sounds of one other rate.
        """
        if sample_rate == self.sample_rate:
            return self
        if self.read_at is None:
            raise ValueError(f"{self.name}: expected encoders for {self.sample_rate} Hz; got one for {sample_rate} Hz")
        return self.read_at(sample_rate)

    def __len__(self) -> int:
        return len(self.clips)


def stratum(label: Label) -> str:
    """Whose share a random split keeps: the class of a clip; those with several classes or numbers are one stratum."""
    return label if isinstance(label, str) else ""


def task_of(name: str, root: Path, clips: Sequence[Clip], sample_rate: int, about: str = "") -> Task:
    """The task of a data set on disk, each clip a file below the root.

    Raises:
        ValueError: no clip, a file listed twice, or one that lies outside the root.
    """
    if not clips:
        raise ValueError(f"{name}: expected clips in {root}; found none")
    seen = set()
    for clip in clips:
        file = os.path.normpath(clip.file)
        if file in seen:
            raise ValueError(f"{name}: {clip.file} is listed twice; keep one of them")
        seen.add(file)
    paths = [_inside(root, clip.file) for clip in clips]
    return Task(
        name=name,
        clips=[clip.file for clip in clips],
        labels=[clip.label for clip in clips],
        folds=[clip.fold for clip in clips],
        # Other processes can be sent these, and no lambda.
        blocks=partial(_read, paths, sample_rate),
        key=partial(_digest, paths),
        sample_rate=sample_rate,
        about=about,
        read_at=partial(task_of, name, root, clips, about=about),
    )


def _read(paths: Sequence[Path], sample_rate: int, clip: int) -> Iterator[np.ndarray]:
    return read_blocks(paths[clip], sample_rate)


def _digest(paths: Sequence[Path], clip: int) -> str:
    return digest(paths[clip]) + paths[clip].suffix.lower()  # by which .raw is refused, and ffmpeg is asked


def digest(path: Path) -> str:
    """A hash of a file's bytes; `NO_BYTES` for a file that is empty, missing or cannot be read."""
    try:
        return sha256_of(path) if path.is_file() else NO_BYTES  # reading a pipe would not end
    except OSError:  # the clip is skipped, with the reason, where its sound is read
        return NO_BYTES


def _inside(root: Path, file: str) -> Path:
    """The path of a file below the root. Links may lead out of it, names may not."""
    inside = os.path.normpath(file)
    if os.path.isabs(inside) or inside.split(os.sep)[0] == os.pardir:
        raise ValueError(f"{root}: {file} lies outside the folder; move it inside, or link to it from inside")
    return root / inside
