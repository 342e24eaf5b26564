"""The manifest of a corpus: its recipe, and a line for each shard that is whole."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from synths import __version__, files
from synths.corpus.recipe import Recipe
from synths.corpus.shards import Shard, shards_of
from synths.files import json_lines

MANIFEST = "manifest.jsonl"

# A sound and its label: the header of each, and a block.
_LEAST_BYTES = 4 * 512


@dataclass(frozen=True)
class Head:
    """The first line: what all shards have in common."""

    recipe: Recipe
    first: int
    shard_size: int

    def to_dict(self) -> dict[str, Any]:
        made_with = {"synths": __version__, "torch": torch.__version__}
        return {**asdict(self), "recipe": self.recipe.to_dict(), "made_with": made_with}


class Manifest:
    """The manifest of a folder, manifest.jsonl. A shard is written before its line.

    Args:
        folder: folder of the corpus; it need not exist.

    Raises:
        ValueError: the manifest is there and holds something else.
    """

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / MANIFEST
        self._read_all()

    def _read_all(self) -> None:
        self.head: Head | None = None
        self.made_with: dict[str, str] = {}
        self.shards: dict[int, dict[str, Any]] = {}
        self.n_sounds: int | None = None  # as soon as all are there
        for number, line in enumerate(json_lines.whole_lines(self.path), start=1):
            try:
                self._read(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                reason = str(error) if type(error) is ValueError else "expected what `synths render --shards` writes"
                raise ValueError(f"{self.path}: line {number}: {reason}") from None

    def _read(self, line: dict[str, Any]) -> None:
        if self.head is None:
            first, size = line["first"], line["shard_size"]
            _require_whole(first, 0)
            _require_whole(size, 1)
            self.head, self.made_with = Head(Recipe.from_dict(line["recipe"]), first, size), dict(line["made_with"])
            if not all(re.fullmatch(r"[\w.+-]{1,50}", text) for pair in self.made_with.items() for text in pair):
                raise ValueError(f"made_with: expected versions; got {line['made_with']!r:.80}")
        elif "n_sounds" in line:
            self.n_sounds = line["n_sounds"]
        else:
            shard = Shard(line["number"], line["first"], line["n"])
            for value, low in ((shard.number, 0), (shard.first, 0), (shard.n, 1), (line["n_bytes"], 1)):
                _require_whole(value, low)
            expected = self.head.first + shard.number * self.head.shard_size
            if shard.n * _LEAST_BYTES > line["n_bytes"]:
                raise ValueError(f"expected at least {_LEAST_BYTES} bytes for each sound; got {line['n_bytes']}")
            if not re.fullmatch("[0-9a-f]{64}", line["sha256"]):
                raise ValueError(f"expected a SHA-256; got {line['sha256']!r:.80}")
            if line["shard"] != shard.name or shard.first != expected or shard.n > self.head.shard_size:
                raise ValueError(f"expected shard {shard.number} from sound {expected} on; got {line['shard']!r:.80}")
            # The later of two lines with one number counts: a run with a larger n fills the last shard.
            self.shards[shard.number], self.n_sounds = line, None

    def require_head(self) -> Head:
        """The first line.

        Raises:
            ValueError: there is no manifest, or no shard yet.
        """
        if self.head is None:
            raise ValueError(f"expected a corpus that `synths render --shards` wrote; found no {MANIFEST}")
        if not self.shards:
            raise ValueError("no shard is finished; run the command of render again")
        return self.head

    def require(self, head: Head, n: int) -> None:
        """Refuse to go on with another recipe, or with fewer sounds.

        Raises:
            ValueError: names what differs.
        """
        if self.head is None:
            return
        ours, theirs = _flat(head), _flat(self.head)
        different = [f"{name} {theirs[name]}, not {ours[name]}" for name in ours if theirs[name] != ours[name]]
        if different:
            raise ValueError(f"holds a corpus with {', '.join(different)}; choose another folder, or remove this one")
        there = max((line["first"] + line["n"] for line in self.shards.values()), default=head.first) - head.first
        if there > n:
            raise ValueError(f"holds {there} sounds, not {n}; give -n {there} or more, or choose another folder")

    def holds(self, shard: Shard) -> bool:
        """Whether a shard and its line are there, and the shard has the size of its line."""
        line, path = self.shards.get(shard.number), self.folder / shard.name
        return line is not None and line["n"] == shard.n and path.is_file() and path.stat().st_size == line["n_bytes"]

    def open(self, head: Head, n: int) -> None:
        """Make the folder and the first line; remove what killed processes left: temporary files and half a line.

        Raises:
            ValueError: another process has just begun a corpus that differs, see `require`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        files.remove_leftovers(self.folder)
        json_lines.remove_half_line(self.path)
        if self.head is not None:
            return
        try:
            files.write(self.path, json_lines.line(head.to_dict()), exclusive=True)
            self.head = head
        except FileExistsError:
            self._read_all()
            if self.head is None:
                raise ValueError(f"{MANIFEST} has no first line; remove it") from None
            self.require(head, n)

    def add(self, line: dict[str, Any]) -> None:
        """Append the line of a shard that was written."""
        json_lines.append(self.path, line, durable=True)
        self._read(line)

    def finish(self, n: int) -> None:
        """Sort the lines and add the last one, with the number of sounds, once all shards are there."""
        if self.n_sounds == n or self.head is None:
            return
        shards = [self.shards[shard.number] for shard in shards_of(self.head.first, self.head.shard_size, n)]
        head = json_lines.whole_lines(self.path)[0]
        files.write(self.path, b"".join([head, *map(json_lines.line, [*shards, {"n_sounds": n}])]))
        self.n_sounds = n


def _flat(head: Head) -> dict[str, Any]:
    """What two runs into one folder must agree in."""
    values = {**head.recipe.to_dict(), "first": head.first, "shard_size": head.shard_size}
    values |= values.pop("sound_format")
    return values | {"settings": head.recipe.others()}


def _require_whole(value: object, low: int) -> None:
    if type(value) is not int or value < low:
        raise ValueError(f"expected a whole number of at least {low}; got {value!r:.80}")
