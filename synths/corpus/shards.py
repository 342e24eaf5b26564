"""Shards: tar files of sounds and their labels, as WebDataset reads them."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from synths import files
from synths.corpus.blocks import Renderer
from synths.corpus.recipe import Recipe


@dataclass(frozen=True)
class Shard:
    """A tar file of the sounds from `first` on, `n` without their doppelgängers."""

    number: int
    first: int
    n: int

    @property
    def name(self) -> str:
        return f"shard-{self.number:06d}.tar"


@dataclass(frozen=True)
class Task:
    """A shard to write: a pure function of recipe and shard, for any process on any machine that sees the folder."""

    recipe: Recipe
    folder: Path
    shard: Shard


def shards_of(first: int, size: int, n: int) -> Iterator[Shard]:
    """The shards of n sounds from `first` on, all of one size except the last."""
    for number, start in enumerate(range(0, n, size)):
        yield Shard(number, first + start, min(size, n - start))


def write_shard(task: Task) -> dict[str, Any]:
    """Write a shard, whole or not at all.

    Returns:
        Its line in the manifest.

    Raises:
        OSError: the file cannot be written.
        EncodingError, MemoryError: the sounds cannot be rendered, see `Renderer.render`.
    """
    renderer = _renderer(json.dumps(task.recipe.to_dict()))
    shard, path = task.shard, task.folder / task.shard.name
    # GNU's header needs no other for any name that we give; those of Python's default depend on the name.
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        hashed = _HashedFile(file)
        with tarfile.open(fileobj=hashed, mode="w|", format=tarfile.GNU_FORMAT) as tar:  # type: ignore[call-overload]
            for sound, data in renderer.render(renderer.sounds(shard.first, shard.n)):
                _add(tar, f"{sound.name}.{task.recipe.sound_format.file_format}", data)
                _add(tar, f"{sound.name}.json", json.dumps(sound.label).encode())
    return {"shard": shard.name, **asdict(shard), "n_bytes": hashed.n_bytes, "sha256": hashed.hash.hexdigest()}


@lru_cache(maxsize=1)
def _renderer(recipe: str) -> Renderer:
    """A process renders many shards of one recipe."""
    return Renderer(Recipe.from_dict(json.loads(recipe)))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)  # no time, owner or mode of this machine
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


class _HashedFile:
    """A file whose checksum is made while it is written."""

    def __init__(self, file: io.BufferedWriter):
        self.file, self.hash, self.n_bytes = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.n_bytes += len(data)
        return self.file.write(data)
