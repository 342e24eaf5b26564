"""Packs: a folder of recordings with a labels.csv."""

import csv
from pathlib import Path

from doppelganger.evaluation.audio import read_mono
from doppelganger.evaluation.task import Task

COLUMNS = ("file", "label", "fold")


def read_pack(folder: str | Path, sample_rate: int) -> Task:
    """The task a pack sets.

    Args:
        folder: holds labels.csv (UTF-8; columns file, label, fold and any others) and, below it, the
            files it names.
        sample_rate: what the recordings are resampled to, in Hz.

    Raises:
        ValueError: no labels.csv, missing columns or values, a file named twice or outside the folder.
    """
    folder = Path(folder)
    table = folder / "labels.csv"
    if not table.is_file():
        raise ValueError(
            f"{folder}: expected a pack, a folder with labels.csv ({','.join(COLUMNS)}); found no {table.name} there"
        )
    rows = _rows(table)
    paths = [_inside(folder, row["file"]) for row in rows]
    return Task(
        name=folder.resolve().name,
        clips=[row["file"] for row in rows],
        labels=[row["label"] for row in rows],
        folds=[row["fold"] for row in rows],
        load=lambda clip: read_mono(paths[clip], sample_rate),
        sample_rate=sample_rate,
    )


def _rows(table: Path) -> list[dict[str, str]]:
    # utf-8-sig also reads the mark that spreadsheets put at the start of a file.
    with table.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = reader.fieldnames or []
        missing = [column for column in COLUMNS if column not in columns]
        if missing:
            raise ValueError(f"{table}: expected columns {', '.join(COLUMNS)}; missing {', '.join(missing)}")
        rows, seen = [], set()
        for line in reader:
            row = {column: (line[column] or "").strip() for column in COLUMNS}
            for column, value in row.items():
                if not value:
                    raise ValueError(f"{table}, line {reader.line_num}: expected a {column}; it is empty")
            if row["file"] in seen:
                raise ValueError(f"{table}, line {reader.line_num}: {row['file']} is listed twice; keep one of them")
            seen.add(row["file"])
            rows.append(row)
    if not rows:
        raise ValueError(f"{table}: expected a row a clip; it lists none")
    return rows


def _inside(folder: Path, file: str) -> Path:
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{folder / 'labels.csv'}: {file} lies outside the pack; move it into the folder")
    return path
