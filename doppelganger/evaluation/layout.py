"""Read how a data set lies on disk; what is missing is named."""

import csv
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from doppelganger.evaluation.task import Clip

_RETRIES = 999


def read_csv(path: Path, *columns: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """The rows of a CSV file, the named columns without surrounding space.

    Args:
        path: UTF-8, with or without a byte-order mark.
        columns: what must be there.
        delimiter: what stands between them.

    Raises:
        ValueError: no such file, no CSV file, a missing column, or an empty value, with its line.
    """
    with require(path).open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter=delimiter)
        try:
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                raise ValueError(f"{path}: expected columns {', '.join(columns)}; missing {', '.join(missing)}")
            for line in reader:
                row = {column: (line[column] or "").strip() for column in columns}
                for column, value in row.items():
                    if not value:
                        raise ValueError(f"{path}, line {reader.line_num}: expected a {column}; it is empty")
                yield row
        except csv.Error as error:  # a field of more than 131,072 characters, say: is a quotation mark missing?
            raise ValueError(f"{path}, after line {reader.line_num}: expected a CSV file; {error}") from None


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that are not empty."""
    return [line.strip() for line in require(path).read_text(encoding="utf-8-sig").splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """The contents of a JSON file."""
    try:
        return json.loads(require(path).read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON; {error}") from None


def field(record: Any, name: str, path: Path) -> Any:
    """What a record of a JSON file holds under a name.

    Raises:
        ValueError: no record, or nothing under that name.
    """
    if not isinstance(record, dict) or name not in record:
        raise ValueError(f"{path}: expected a record with {name}; got {str(record)[:80]}")
    return record[name]


def find(root: Path, pattern: str) -> list[str]:
    """The files below the root that match a glob pattern, in order, hidden ones left out; at least one.

    Raises:
        ValueError: nothing matches.
    """
    found = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.name[0] != ".")
    if not found:
        raise ValueError(f"expected files {pattern} in {root}; found none")
    return found


def require(path: Path) -> Path:
    """The path, if something is there.

    Raises:
        ValueError: nothing is.
    """
    if not path.exists():
        raise ValueError(f"expected {path}; it is missing")
    return path


def first_of(root: Path, *folders: str) -> str:
    """The first of these folders that the root holds: releases and mirrors name them differently.

    Raises:
        ValueError: it holds none.
    """
    for folder in folders:
        if (root / folder).is_dir():
            return folder
    raise ValueError(f"{root}: expected a folder {' or '.join(folders)}; found none")


def name_parts(file: str, n_parts: int) -> list[str]:
    """What underscores part in a file's name, its ending left out.

    Raises:
        ValueError: another number of parts.
    """
    parts = PurePosixPath(file).stem.split("_")
    if len(parts) != n_parts:
        raise ValueError(f"{file}: expected a name of {n_parts} parts between underscores; got {len(parts)}")
    return parts


def require_all(root: Path, what: str, expected: Iterable[str], found: Iterable[str]) -> None:
    """Says which names a folder lacks, or has beyond those expected.

    Raises:
        ValueError: the two differ.
    """
    expected, found = set(expected), set(found)
    for names, problem in ((expected - found, "missing"), (found - expected, "unknown")):
        if names:
            some = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
            raise ValueError(f"{root}: expected {len(expected)} {what}; found {len(found)}, {problem}: {some}")


def hashed_fold(name: str) -> str:
    """The fold of a speaker or a preset where no split was published: 80, 10 and 10 of 100 train, val and test.

    It depends on the name alone, so that all recordings of one share a fold.
    """
    share = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64
    return "train" if share < 0.8 else "val" if share < 0.9 else "test"


def hear_kit_folds(labels: Mapping[str, str], n_folds: int) -> Iterator[Clip]:
    """The clips in the folds that HEAR deals a data set without any: by recording, so that speakers recur.

    The sorted stems of the files are shuffled, from seeds in order, until every fold holds every class.

    Args:
        labels: file -> class.

    Raises:
        ValueError: no shuffle does, so this is not the whole data set.

    Source: Turian et al., HEAR: Holistic Evaluation of Audio Representations, 2022; its hear-preprocess,
        `split_k_folds`.
    """
    classes = {PurePosixPath(file).stem: label for file, label in labels.items()}
    for seed in ["split_k_folds", *(f"split_k_folds_retry_{i}" for i in range(_RETRIES))]:
        stems = sorted(classes)
        random.Random(seed).shuffle(stems)
        folds = [fold.tolist() for fold in np.array_split(np.array(stems), n_folds)]
        if all({classes[stem] for stem in fold} == set(classes.values()) for fold in folds):
            fold_of = {stem: f"fold{i:02d}" for i, fold in enumerate(folds) for stem in fold}
            yield from (Clip(file, label, fold_of[PurePosixPath(file).stem]) for file, label in labels.items())
            return
    raise ValueError(
        f"expected enough recordings for every class in each of {n_folds} folds; "
        f"got {len(labels)} of {len(set(labels.values()))} classes: unpack the whole data set"
    )


def is_hear_kit(root: Path) -> bool:
    """Whether this is the folder of one of HEAR's tasks."""
    return (root / "task_metadata.json").is_file()


def hear_kit_clips(root: Path, task: str, mode: str) -> Iterator[Clip]:
    """The clips of the folder of one of HEAR's tasks, at the highest sample rate that it holds.

    Args:
        root: with task_metadata.json, labelvocabulary.csv, a <split>.json a split and <sample rate>/<split>/*.wav.
        task, mode: the task_name and mode that task_metadata.json must say.

    Raises:
        ValueError: a file that is missing, another task, or a label that the vocabulary lacks.
    """
    path = root / "task_metadata.json"
    about = read_json(path)
    for key, expected in (("task_name", task), ("mode", mode), ("embedding_type", "scene")):
        if (got := field(about, key, path)) != expected:
            raise ValueError(f"{path}: expected {key} {expected}; got {got}: name another folder or task")
    vocabulary = {row["label"] for row in read_csv(root / "labelvocabulary.csv", "label")}
    sample_rates = [int(folder.name) for folder in root.iterdir() if folder.name.isdecimal() and folder.is_dir()]
    if not sample_rates:
        raise ValueError(f"{root}: expected a folder of recordings named by its sample rate, as 48000; found none")
    multi_label = field(about, "prediction_type", path) == "multilabel"
    for split in field(about, "splits", path):
        for file, names in read_json(root / f"{split}.json").items():
            label = tuple(str(name).strip() for name in names)
            if not vocabulary.issuperset(label) or not (multi_label or len(label) == 1):
                raise ValueError(f"{root / split}.json: expected labels of labelvocabulary.csv for {file}; got {names}")
            yield Clip(f"{max(sample_rates)}/{split}/{file}", label if multi_label else label[0], split)
