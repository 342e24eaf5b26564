"""Read the files of a data set; errors name what is missing."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any


def read_csv(
    path: Path, *columns: str, delimiters: str = ",", optional: Collection[str] = ()
) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, the named columns without surrounding space.

    Args:
        path: UTF-8, with or without a byte-order mark, or UTF-16 with one.
        columns: required columns, in any case.
        delimiters: possible delimiters; the one with which the header has the most of the columns is taken.
        optional: columns whose values may be empty.

    Raises:
        ValueError: no such file, another encoding, a missing column, or, with its line, an empty value, more values
            than columns, or a quote that is not closed.
    """
    text = _read_text(path)
    tables = [_columns(text, delimiter, columns) for delimiter in delimiters]
    reader, names, missing = min(tables, key=lambda table: len(table[2]))
    if missing:
        header = text.partition("\n")[0].strip()
        raise ValueError(
            f"{path}: expected columns {', '.join(columns)}; missing {', '.join(missing)}; the first line is {header!r}"
        )
    try:
        for line in reader:
            more = line.get(None, [])
            if any(map(str.strip, more)):
                # A comma that was meant as part of a value has cut it, and moved the columns behind it.
                n = len(reader.fieldnames or [])
                raise ValueError(
                    f"{path}, line {reader.line_num}: expected {n} values, as in the header; got {n + len(more)}: put "
                    "quotes around a value that holds the delimiter"
                )
            row = {column: (line[names[column]] or "").strip() for column in columns}
            for column, value in row.items():
                if not value and column not in optional:
                    raise ValueError(f"{path}, line {reader.line_num}: the column {column} is empty")
            yield row
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: expected CSV; {error}; check its quotes") from None


def header_of(path: Path, delimiters: str) -> set[str]:
    """The names of the columns of a CSV file, in lower case, whichever of the delimiters it has."""
    first = next(iter(read_lines(path)), "")
    return {name.strip(' "').lower() for name in re.split(f"[{delimiters}]", first)}


def _columns(text: str, delimiter: str, columns: Sequence[str]) -> tuple[csv.DictReader, dict[str, str], list[str]]:
    """A reader, the names of its columns as found, and those of the required columns that are missing."""
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        found = reader.fieldnames or []
    except csv.Error:  # quotes that fit another delimiter
        found = []
    names = {name.strip().lower(): name for name in found} | {name: name for name in found}
    return reader, names, [column for column in columns if column not in names]


def _read_text(path: Path) -> str:
    data = require(path).read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = data[error.start : error.start + 1].hex()
        raise ValueError(
            f"{path}, line {line}: expected UTF-8; found the byte 0x{found}, as in Latin-1 (Windows); save it as UTF-8"
        ) from None


def read_lines(path: Path) -> list[str]:
    """The non-empty lines of a text file."""
    return [line.strip() for line in _read_text(path).splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """The contents of a JSON file.

    Raises:
        ValueError: no such file, or not JSON.
    """
    try:
        return json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON; {error}") from None


def field(record: Any, name: str, path: Path) -> Any:
    """The value of a key of a JSON record.

    Raises:
        ValueError: not a record, or no such key.
    """
    if not isinstance(record, dict) or name not in record:
        raise ValueError(f"{path}: expected a record with {name}; got {str(record)[:80]}")
    return record[name]


def find(root: Path, pattern: str) -> list[str]:
    """The files below the root that match a glob pattern, sorted, without hidden files; at least one.

    Raises:
        ValueError: no file matches.
    """
    found = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.name[0] != ".")
    if not found:
        raise ValueError(f"expected files {pattern} in {root}; found none")
    return found


def require(path: Path) -> Path:
    """The path, if it exists.

    Raises:
        ValueError: it does not exist.
    """
    if not path.exists():
        raise ValueError(f"expected {path}; it is missing")
    return path


def first_of(root: Path, *folders: str) -> str:
    """The first of these folders that exists in the root: releases and mirrors name them differently.

    Raises:
        ValueError: none exists.
    """
    for folder in folders:
        if (root / folder).is_dir():
            return folder
    raise ValueError(f"{root}: expected a folder {' or '.join(folders)}; found none")


def name_parts(file: str, n_parts: int) -> list[str]:
    """The parts of a file's stem between underscores.

    Raises:
        ValueError: another number of parts than n_parts.
    """
    parts = PurePosixPath(file).stem.split("_")
    if len(parts) != n_parts:
        raise ValueError(f"{file}: expected a name of {n_parts} parts between underscores; got {len(parts)}")
    return parts


def hashed_fold(name: str) -> str:
    """A fold for data sets without a published split: 80 % train, 10 % val, 10 % test.

    The fold depends on the name of the speaker or preset alone, so that all its recordings share one.
    """
    share = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64
    return "train" if share < 0.8 else "val" if share < 0.9 else "test"


def is_hear_kit(root: Path) -> bool:
    """Whether a folder is one of HEAR's task folders."""
    return (root / "task_metadata.json").is_file()
