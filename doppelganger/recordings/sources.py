"""Where recordings lie: a folder, tar shards, or a data set of Hugging Face on disk."""

import importlib
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import soundfile

from doppelganger.embedding.audio import is_sound_name
from doppelganger.embedding.sound_files import sound_files
from doppelganger.missing_packages import command_for
from doppelganger.recordings.corpus import Corpus
from doppelganger.recordings.remote import RemoteCorpus
from synths.corpus.manifest import MANIFEST
from synths.files import sound_file
from synths.files.sound_file import FFMPEG_SUFFIXES

_BLOCK = 1 << 18  # samples of each channel


class Source(Protocol):
    """Recordings by number. The same number is the same recording in every process."""

    def __len__(self) -> int: ...

    def name(self, number: int) -> str:
        """Name of a recording, for messages."""
        ...

    def open(self, number: int) -> BinaryIO:
        """The bytes of a sound file that libsndfile reads. Called by several threads at once."""
        ...


def open_source(path: str | Path) -> Source:
    """The recordings at a path.

    Args:
        path: a folder with sound files below it; a corpus that `synths render --shards` wrote, or its URL; a tar file
            of sound files, or a pattern of several, such as "corpus/*.tar", as WebDataset has them; or a folder that
            `save_to_disk` of Hugging Face's datasets wrote.

    Raises:
        ValueError: no sounds there, or a data set of several splits.
    """
    if "://" in str(path):
        return RemoteCorpus(str(path))
    path = Path(path)
    if (path / MANIFEST).is_file():
        return Corpus(path)
    if path.suffix == ".tar":
        return Shards([path] if path.is_file() else sorted(path.parent.glob(path.name)), path)
    if (path / "dataset_dict.json").is_file():
        raise ValueError(
            f"{path}: expected one split of a data set, such as {path / 'train'}; this folder holds several"
        )
    return HuggingFaceDataset(path) if (path / "dataset_info.json").is_file() else Folder(path)


class Folder:
    """The sound files of a folder and all folders below it, in the order of their names.

    Raises:
        ValueError: no such folder, or no sound files in it.
    """

    def __init__(self, path: str | Path):
        self.files = sound_files(Path(path))

    def __len__(self) -> int:
        return len(self.files)

    def name(self, number: int) -> str:
        return str(self.files[number])

    def open(self, number: int) -> BinaryIO:
        return opened(self.files[number])


class Shards:
    """The sound files in tar files, in the order of the files and of their members, without hidden ones.

    Args:
        files: tar files, not compressed.
        pattern: what they were found by, for messages.

    Raises:
        ValueError: no tar files, one that is not whole, or no sounds in them.
    """

    def __init__(self, files: Sequence[Path], pattern: Path):
        self.members = [(file, member) for file in files for member in _sounds_in(file)]
        if not self.members:
            raise ValueError(f"{pattern}: expected tar files with sounds; found {len(files)} tar files without any")

    def __len__(self) -> int:
        return len(self.members)

    def name(self, number: int) -> str:
        file, member = self.members[number]
        return f"{file}: {member.name}"

    def open(self, number: int) -> BinaryIO:
        file, member = self.members[number]
        if Path(member.name).suffix.lower() in FFMPEG_SUFFIXES:
            raise ValueError("this format is read from a folder, not from a tar file; expected FLAC, say")
        with file.open("rb") as shard:
            shard.seek(member.offset_data)
            return io.BytesIO(shard.read(member.size))


class HuggingFaceDataset:
    """The audio column of a data set that Hugging Face's datasets wrote with `save_to_disk`.

    Raises:
        ValueError: no audio column, or the package datasets is not installed.
    """

    def __init__(self, path: str | Path):
        try:
            datasets = importlib.import_module("datasets")
        except ImportError as error:
            raise ValueError(f"{path} needs datasets: {command_for('datasets')} ({error})") from None
        found = datasets.load_from_disk(str(path))
        columns = [name for name, feature in found.features.items() if isinstance(feature, datasets.Audio)]
        if len(columns) != 1:
            names = ", ".join(found.features)
            raise ValueError(f"{path}: expected one column of audio; found {len(columns)} among {names}")
        (self.column,) = columns
        self.path = path
        self.rows: Any = found.select_columns(columns).cast_column(self.column, datasets.Audio(decode=False))

    def __len__(self) -> int:
        return len(self.rows)

    def name(self, number: int) -> str:
        return f"{self.path}: row {number}"

    def open(self, number: int) -> BinaryIO:
        sound = self.rows[number][self.column]
        return io.BytesIO(sound["bytes"]) if sound["bytes"] is not None else opened(Path(sound["path"]))


def opened(path: Path) -> BinaryIO:
    """The bytes of a sound file; what only ffmpeg reads is decoded into a WAV file in memory.

    Raises:
        ValueError: see `synths.files.sound_file.opened`.
    """
    if path.suffix.lower() not in FFMPEG_SUFFIXES:
        return path.open("rb")
    wav = io.BytesIO()
    with (
        sound_file.opened(path) as file,
        soundfile.SoundFile(wav, "w", file.samplerate, file.channels, "FLOAT", format="WAV") as copy,
    ):
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            copy.write(block)
    wav.seek(0)
    return wav


def _sounds_in(file: Path) -> list[tarfile.TarInfo]:
    try:
        with file.open("rb") as data, tarfile.open(fileobj=data, mode="r:") as shard:
            sounds = [member for member in shard if member.isfile() and _is_visible_sound(Path(member.name))]
            data.seek(shard.offset)
            if any(data.read(tarfile.BLOCKSIZE)):  # tarfile takes a damaged header for the end
                raise tarfile.ReadError(f"a damaged header at byte {shard.offset}")
            return sounds
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{file}: expected a whole tar file, not compressed ({error})") from None


def _is_visible_sound(path: Path) -> bool:
    """As in `sound_files`: macOS adds a file ._a.wav without sound for each a.wav."""
    return is_sound_name(path) and not any(part.startswith(".") for part in path.parts)
