"""The rows of a study on disk: a folder with a file for each row and seed, which one process makes."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout

from lightning_modules.configuration.sub_configs import as_recorded
from synths import files, provenance

Row = dict[str, Any]


def file_name(name: str, seed: int) -> str:
    """The name of a row's file and folders; that of the row may hold any character."""
    return f"{quote(name, safe=' +,=()')}-{seed}"


def path_of(folder: Path, name: str, seed: int) -> Path:
    """The file of a row."""
    return folder / f"{file_name(name, seed)}.json"


def missing(folder: Path, wanted: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Names and seeds of the rows that are not there, each looked for when it is asked for: another may write it."""
    return ((name, seed) for name, seed in wanted if not path_of(folder, name, seed).exists())


@contextmanager
def claimed(folder: Path, name: str, seed: int) -> Iterator[bool]:
    """Whether a row is to be made here: it is not there, and no other process makes it. Until then it is ours."""
    path = path_of(folder, name, seed)
    lock = path.with_name(f".{path.stem}.lock")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            try:
                yield not path.exists()
            finally:
                if path.exists():  # else a process that waits for this file and one that finds none would both claim it
                    lock.unlink(missing_ok=True)
    except Timeout:
        yield False


def write(folder: Path, study: Mapping[str, Any], row: Row) -> None:
    """Write a row, whole or not at all.

    Raises:
        OSError: it cannot be written; it is then on stderr, since it may have taken hours.
    """
    config = {"study": study["name"], "config": study["config"], "plot": study.get("plot"), "rows": list(study["rows"])}
    record = as_recorded(provenance.record(config, row["seed"], row))
    text = json.dumps({**record, "checksum": _checksum(record)}, indent=2) + "\n"
    path = path_of(folder, row["name"], row["seed"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files.write(path, text)
    except OSError:
        print(f"study: the row that belongs into {path}:\n{text}", file=sys.stderr)
        raise


def records(folder: Path) -> list[dict[str, Any]]:
    """The files of a study, in the order of its rows, then of the seeds.

    Raises:
        ValueError: a file that holds no row, or another one than was written.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if record.pop("checksum", None) not in (None, _checksum(record)):
                raise ValueError("its checksum is of another row, so it is damaged or was edited")
            place = _place(record)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(
                f"{path}: expected a row of a study; {type(error).__name__}: {error}. "
                "Delete it, and the row is made again"
            ) from None
        found.append((place, record))
    return [record for _, record in sorted(found, key=lambda each: each[0])]


def read(folder: Path) -> list[Row]:
    """The rows in a folder; none if there is no such folder."""
    return [record["figures"] for record in records(folder)]


def _checksum(record: Mapping[str, Any]) -> str:
    return blake2b(json.dumps(record).encode(), digest_size=8).hexdigest()


def _place(record: Mapping[str, Any]) -> tuple[int, str, int]:
    row, order = record["figures"], list(record["config"]["rows"])
    name, seed = str(row["name"]), int(row["seed"])
    if not row["figures"] or not {"recipe", "n_steps"} <= row.keys():
        raise ValueError("a part is missing")
    return (order.index(name) if name in order else len(order)), name, seed
