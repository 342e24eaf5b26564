"""A folder of sounds embedded in parts, each a table of its own, so that an interrupted run goes on."""

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from doppelganger.embedding.audio import UnusableClip, read_blocks
from doppelganger.embedding.embed import ClipEmbeddings, embed_clips
from doppelganger.embedding.identity import identity
from doppelganger.embedding.parquet import EmbeddingFile
from doppelganger.embedding.read_ahead import ahead
from doppelganger.embedding.sound_files import text_of
from doppelganger.encoders import Encoder
from synths import files

N_FILES = 256  # sounds in a part

_COLUMNS = {"path": pa.string(), "seconds": pa.float64()}
_FRAME_COLUMNS = {"path": pa.string(), "start_s": pa.float64(), "end_s": pa.float64()}


@dataclass(frozen=True)
class Work:
    """How every part is embedded.

    Args:
        encoder: encoder, on `device`.
        root: folder from which paths are named.
        frames: one row per frame instead of one per file.
        strict: stop at an unusable file instead of skipping it.
        device: the encoder's device.
    """

    encoder: Encoder
    root: Path
    frames: bool = False
    strict: bool = False
    device: str = "cpu"

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """Name -> type of the columns before the embedding."""
        return _FRAME_COLUMNS if self.frames else _COLUMNS

    @property
    def dim(self) -> int:
        """Width of a row's embedding."""
        return self.encoder.frame_dim if self.frames else self.encoder.embedding_dim


@dataclass(frozen=True)
class Part:
    """Some of the sounds, and the table for them: its name changes when a sound or the encoder does.

    The checksum of the table is in a file beside it, since Parquet has none of its own for all bytes.
    """

    path: Path
    files: tuple[Path, ...]

    def is_there(self) -> bool:
        """Whether the table is there.

        Warns:
            UserWarning: it is damaged, so it is not.
        """
        if not (self.path.is_file() and self._sum.is_file()):
            return False
        if self._sum.read_bytes() == files.sha256_of(self.path).encode():
            return True
        warnings.warn(f"{self.path} is damaged, and is made again", stacklevel=2)
        return False

    def seal(self) -> None:
        """Write the checksum of the table."""
        files.write(self._sum, files.sha256_of(self.path))

    def skipped(self) -> list[tuple[str, str]]:
        """Path and reason of each file that could not be used."""
        return [tuple(pair) for pair in json.loads(pq.read_metadata(self.path).metadata[b"skipped"])]

    @property
    def _sum(self) -> Path:
        return self.path.with_suffix(".sum")


def parts_of(work: Work, files: Sequence[Path], folder: Path) -> list[Part]:
    """The parts of a list of files, whose tables are in `folder`."""
    made_by = f"{identity(work.encoder)} {work.frames}".encode()
    parts = []
    for number, first in enumerate(range(0, len(files), N_FILES)):
        some = tuple(files[first : first + N_FILES])
        digest = blake2b(made_by, digest_size=8)
        for file in some:
            digest.update(b"\0" + os.fsencode(file.relative_to(work.root)) + _state(file))
        parts.append(Part(folder / f"{number:06d}-{digest.hexdigest()}.parquet", some))
    return parts


def _state(file: Path) -> bytes:
    try:
        state = file.stat()
    except OSError:
        return b"\0"
    return f"\0{state.st_size} {state.st_mtime_ns}".encode()


def write_part(work: Work, part: Part, on_file: Callable[[], None] = lambda: None) -> Part:
    """Embed the sounds of a part and write its table, whole or not at all.

    Raises:
        UnusableClip: a file cannot be used, and `strict`.
        OSError: the table cannot be written.
    """
    skipped = []
    read = partial(read_blocks, sample_rate=work.encoder.sample_rate)
    with EmbeddingFile(part.path, work.columns, work.dim, {}) as table:
        for clip in embed_clips([work.encoder], ahead(read, part.files), work.device, work.frames):
            path = name_of(clip.name, work.root)
            problem = clip.problem
            if problem and work.strict:
                raise UnusableClip(f"{path}: {problem}")
            if problem:
                skipped.append((path, problem))
            elif work.frames:
                for row in frames_of(clip, work.encoder):
                    table.add(path, *row)
            else:
                table.add(path, clip.n_samples / work.encoder.sample_rate, clip.mean())
            on_file()
        table.note("skipped", skipped)
    part.seal()
    return part


def join(parts: Iterable[Part], table: EmbeddingFile) -> None:
    """Copy the rows of all parts."""
    for part in parts:
        table.copy(part.path)


@contextmanager
def parts_folder(out: Path) -> Iterator[Path]:
    """The folder for the parts of a table, beside it; it stays when the caller stops, unless no part is in it.

    Raises:
        ValueError: another process uses it.
    """
    folder = out.with_name(f"{out.name}.parts")
    # Beside the folder: a process that begins while another removes the folder would lose a lock in it.
    lock = out.with_name(f".{out.name}.lock")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            try:
                folder.mkdir(exist_ok=True)
                yield folder
            finally:  # with the lock: without it, both are another process's
                if not any(folder.glob("*.parquet")):
                    shutil.rmtree(folder, ignore_errors=True)
                with suppress(PermissionError):  # Windows, where the lock removes it
                    lock.unlink(missing_ok=True)
    except Timeout:
        raise ValueError(f"another process writes {out}; wait for it, or name another file") from None


def name_of(file: Path, root: Path) -> str:
    """Path of a file below the root as text."""
    return text_of(file.relative_to(root))


def frames_of(clip: ClipEmbeddings[Path], encoder: Encoder) -> Iterator[tuple[float, float, np.ndarray]]:
    """Start and end in s, and embedding (dim,), of each frame of a sound; those beyond its end are left out."""
    # max_window_s may be no whole number of samples: over hours, the difference would add up.
    seconds = clip.n_samples / encoder.sample_rate
    window_s = min(max(clip.n_samples, encoder.window), encoder.max_window) / encoder.sample_rate
    for number, ((frames,),) in enumerate(clip.windows):
        start_s = max(min(number * window_s, seconds - window_s), 0.0)
        step_s = encoder.frame_s or window_s / len(frames)
        for i, frame in enumerate(frames.numpy()):
            if start_s + i * step_s < seconds:
                yield start_s + i * step_s, min(start_s + (i + 1) * step_s, seconds), frame
