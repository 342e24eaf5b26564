"""JSON Lines that are appended to. A process that is killed leaves at most half a line, which readers skip."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file, without half a line at its end; none if there is no file."""
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    return [line for line in lines if line.endswith(b"\n")]


def remove_half_line(path: Path) -> None:
    """Remove what a killed process left of its last line."""
    if path.exists():
        whole = sum(map(len, whole_lines(path)))
        if whole < path.stat().st_size:
            with _naming_file(path), path.open("rb+") as lines:
                lines.truncate(whole)


def append(path: Path, value: Any, *, durable: bool = False) -> None:
    """Append a value as one line.

    Args:
        path: file.
        value: plain data.
        durable: wait until the line is on the disk.

    Raises:
        OSError: the line cannot be written; `filename` is `path`.
    """
    with _naming_file(path), path.open("ab") as lines:
        lines.write(line(value))
        if durable:
            lines.flush()
            os.fsync(lines.fileno())


def line(value: Any) -> bytes:
    """A value as one line, with its end."""
    return (json.dumps(value) + "\n").encode()


@contextmanager
def _naming_file(path: Path) -> Iterator[None]:
    """The error of a full disk names no file."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
