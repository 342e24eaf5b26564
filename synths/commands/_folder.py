"""A folder of rendered sounds and sounds.jsonl, which has one line a sound: its file and its label."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synths import files

LABELS = "sounds.jsonl"

Label = dict[str, Any]


class SoundFolder:
    """Sounds on disk. A sound is written before its line, so after any interruption every line has its sound.

    Args:
        path: folder; it need not exist.

    Raises:
        ValueError: sounds.jsonl is there and holds something else.
    """

    def __init__(self, path: Path):
        self.path = path
        self.labels: dict[str, Label] = {}
        for number, line in enumerate(_whole_lines(path / LABELS), start=1):
            try:
                label = json.loads(line)
                self.labels[label.pop("file")] = label
            except (ValueError, AttributeError, TypeError, KeyError):
                raise ValueError(
                    f"{path / LABELS}: line {number} is no label of a sound; choose another folder"
                ) from None

    def require(self, name: str, label: Label) -> None:
        """Refuse to replace a sound that was made in another way.

        Args:
            name: of the file.
            label: what the new sound's label will hold, some keys of it or all.

        Raises:
            ValueError: names the file and what differs.
        """
        there = self.labels.get(name, label)
        different = [key for key in label if there.get(key) != label[key]]
        if different:
            values = ", ".join(f"{key} {there.get(key)}, not {label[key]}" for key in different if key != "parameters")
            raise ValueError(
                f"{self.path / name} has {values or 'other parameters'}; choose another folder, or remove this one"
            )

    def holds(self, name: str) -> bool:
        """Whether a sound and its label are there."""
        return name in self.labels and (self.path / name).is_file()

    def add(self, name: str, data: bytes, label: Label) -> None:
        """Write a sound, then its line.

        Raises:
            OSError: `filename` names the file that could not be written.
        """
        files.write(self.path / name, data, durable=False)  # waiting for the disk would take longer than rendering
        if name not in self.labels:
            line = json.dumps({"file": name, **label}) + "\n"
            with _naming_file(self.path / LABELS), (self.path / LABELS).open("ab") as lines:
                lines.write(line.encode())
            self.labels[name] = label

    def open(self) -> None:
        """Make the folder; remove what killed processes left in it: temporary files and half a line."""
        self.path.mkdir(parents=True, exist_ok=True)
        files.remove_leftovers(self.path)
        path = self.path / LABELS
        if path.exists():
            whole = sum(map(len, _whole_lines(path)))
            if whole < path.stat().st_size:
                with _naming_file(path), path.open("rb+") as lines:
                    lines.truncate(whole)


def _whole_lines(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    return [line for line in lines if line.endswith(b"\n")]


@contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    """A full disk names no file by itself."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
