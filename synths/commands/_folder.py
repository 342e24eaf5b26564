"""A folder of rendered sounds and sounds.jsonl, which has one line per sound: its file and its label."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from synths import files
from synths.corpus.manifest import MANIFEST
from synths.corpus.recipe import SHARED, Label, Recipe
from synths.files import json_lines

LABELS = "sounds.jsonl"


class SoundFolder:
    """Sounds on disk. A sound is written before its line, so after any interruption every line has its sound.

    Args:
        path: folder; it need not exist.

    Raises:
        ValueError: sounds.jsonl is there and holds something else.
    """

    def __init__(self, path: Path):
        self.path = path
        self.labels = self._read()
        self._lock: Any = None

    def _read(self) -> dict[str, Label]:
        labels = {}
        for number, line in enumerate(json_lines.whole_lines(self.path / LABELS), start=1):
            try:
                label = json.loads(line)
                labels[label.pop("file")] = label
            except (ValueError, AttributeError, TypeError, KeyError):
                raise ValueError(
                    f"{self.path / LABELS}: line {number} is no label of a sound; choose another folder"
                ) from None
        return labels

    def compiled(self) -> bool | None:
        """Whether its sounds were made by a compiled synth; None without sounds."""
        label = next(iter(self.labels.values()), None)
        return None if label is None else label.get("compiled", False)

    def require_recipe(self, recipe: Recipe) -> None:
        """Refuse to mix the sounds of two recipes.

        Raises:
            ValueError: names a file and what differs.
        """
        if (self.path / MANIFEST).exists():
            raise ValueError(f"{self.path} holds a corpus of shards; choose another folder, or add --shards")
        label = recipe.label() | ({"delta": recipe.delta} if recipe.n_doppelgangers else {})
        for name, there in self.labels.items():
            keys = [key for key in SHARED if key != "delta" or ("delta" in there and "delta" in label)]
            self._compare(name, {key: label.get(key) for key in keys}, there)

    def require(self, name: str, label: Label) -> None:
        """Refuse to replace a sound that was made in another way.

        Args:
            name: of the file.
            label: what the new sound's label will hold, some keys of it or all.

        Raises:
            ValueError: names the file and what differs.
        """
        self._compare(name, label, self.labels.get(name, label))

    def _compare(self, name: str, label: Label, there: Label) -> None:
        different = [key for key in label if there.get(key) != label[key]]
        if different:
            values = ", ".join(f"{key} {there.get(key)}, not {label[key]}" for key in different if key != "parameters")
            raise ValueError(
                f"{self.path / name} has {values or 'other parameters'}; choose another folder, or remove this one"
            )

    def holds(self, name: str) -> bool:
        """Whether a sound and its label are there."""
        path = self.path / name
        # A power cut may leave an empty file: writing does not wait for the disk.
        return name in self.labels and path.is_file() and path.stat().st_size > 0

    def add(self, name: str, data: bytes, label: Label) -> None:
        """Write a sound, then its line.

        Raises:
            OSError: `filename` names the file that could not be written.
        """
        files.write(self.path / name, data, durable=False)  # waiting for the disk would take longer than rendering
        if name not in self.labels:
            json_lines.append(self.path / LABELS, {"file": name, **label})
            self.labels[name] = label

    def open(self) -> None:
        """Make the folder; remove what killed processes left in it: temporary files and half a line.

        Raises:
            ValueError: another process writes into it.
        """
        from filelock import FileLock, Timeout

        if self._lock:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ValueError(f"{self.path}: another process renders into it; wait, or choose another folder") from None
        self._lock, self.labels = lock, self._read()
        files.remove_leftovers(self.path)
        json_lines.remove_half_line(self.path / LABELS)

    def close(self) -> None:
        """Let other processes write."""
        if self._lock:
            # Before it is released: else it may be another process's by now.
            with suppress(PermissionError):  # Windows, where the lock removes it
                (self.path / ".lock").unlink(missing_ok=True)
            self._lock.release()
            self._lock = None
