"""A corpus that `synths render --shards` wrote, as recordings."""

import io
import json
import tarfile
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from synths.corpus.manifest import MANIFEST, Manifest


class Member(NamedTuple):
    """Where the bytes of a file lie in its shard."""

    offset: int
    n_bytes: int


class Corpus:
    """The sounds of a corpus, in the order of their numbers, each followed by its doppelgängers.

    A shard is opened when one of its sounds is first needed: a corpus of any size is there at once.

    Args:
        path: folder of the corpus. Shards that are added later are not seen.

    Raises:
        ValueError: no corpus, or none of its shards is finished.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        try:
            manifest = Manifest(self.path)
            recipe = manifest.require_head().recipe
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        self.suffix = recipe.sound_format.file_format
        self.lines: list[dict[str, Any]] = [manifest.shards[number] for number in sorted(manifest.shards)]
        self._sizes: list[int] = [line["n"] * recipe.n_views for line in self.lines]
        self._ends = list(accumulate(self._sizes))
        self._members: dict[int, tuple[list[Member], list[Member]]] = {}

    def __len__(self) -> int:
        return self._ends[-1]

    def name(self, number: int) -> str:
        shard, row = self._place(number)
        return f"{self._file(shard)}: sound {row}"

    def open(self, number: int) -> BinaryIO:
        return io.BytesIO(self._read(number, 0))

    def label(self, number: int) -> dict[str, Any]:
        """The label of a sound: its parameters, and what `--labels` added."""
        return json.loads(self._read(number, 1))

    def _place(self, number: int) -> tuple[int, int]:
        """Number of the shard, and of the sound in it."""
        if not 0 <= number < len(self):
            raise IndexError(f"expected a number of a sound, 0 to {len(self) - 1}; got {number}")
        shard = bisect_right(self._ends, number)
        return shard, number - self._ends[shard] + self._sizes[shard]

    def _file(self, shard: int) -> Path:
        return self.path / self.lines[shard]["shard"]

    def _read(self, number: int, kind: int) -> bytes:
        shard, row = self._place(number)
        if shard not in self._members:
            self._members[shard] = self._members_of(shard)
        offset, n_bytes = self._members[shard][kind][row]
        with self._file(shard).open("rb") as file:
            file.seek(offset)
            return file.read(n_bytes)

    def _members_of(self, shard: int) -> tuple[list[Member], list[Member]]:
        """The sounds and the labels of a shard."""
        path = self._file(shard)
        try:
            with tarfile.open(path, "r:") as tar:
                members = [member for member in tar if member.isfile()]
        except (tarfile.TarError, EOFError) as error:
            raise ValueError(f"{path} is not whole ({error}); run `synths verify {self.path}`") from None
        found = tuple(
            [Member(m.offset_data, m.size) for m in members if m.name.endswith(f".{suffix}")]
            for suffix in (self.suffix, "json")
        )
        if [len(some) for some in found] != [self._sizes[shard]] * 2:
            raise ValueError(
                f"{path}: expected {self._sizes[shard]} sounds, as {MANIFEST} says; found {len(found[0])}; "
                f"run `synths verify {self.path}`"
            )
        return found[0], found[1]
