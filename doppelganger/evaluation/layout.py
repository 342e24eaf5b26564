"""Read the files of a data set; errors name what is missing."""

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
        columns: required columns.
        delimiter: delimiter of the columns.

    Raises:
        ValueError: no such file, a missing column, or an empty value, with its line.
    """
    with require(path).open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter=delimiter)
        missing = [column for column in columns if column not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"{path}: expected columns {', '.join(columns)}; missing {', '.join(missing)}")
        for line in reader:
            row = {column: (line[column] or "").strip() for column in columns}
            for column, value in row.items():
                if not value:
                    raise ValueError(f"{path}, line {reader.line_num}: expected a {column}; it is empty")
            yield row


def read_lines(path: Path) -> list[str]:
    """The non-empty lines of a text file."""
    return [line.strip() for line in require(path).read_text(encoding="utf-8-sig").splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """The contents of a JSON file."""
    try:
        return json.loads(require(path).read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
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


def require_all(root: Path, what: str, expected: Iterable[str], found: Iterable[str]) -> None:
    """Check that two sets of names are equal.

    Raises:
        ValueError: missing or unknown names, which the message lists.
    """
    expected, found = set(expected), set(found)
    for names, problem in ((expected - found, "missing"), (found - expected, "unknown")):
        if names:
            some = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
            raise ValueError(f"{root}: expected {len(expected)} {what}; found {len(found)}, {problem}: {some}")


def hashed_fold(name: str) -> str:
    """A fold for data sets without a published split: 80 % train, 10 % val, 10 % test.

    The fold depends on the name of the speaker or preset alone, so that all its recordings share one.
    """
    share = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64
    return "train" if share < 0.8 else "val" if share < 0.9 else "test"


def hear_kit_folds(labels: Mapping[str, str], n_folds: int) -> Iterator[Clip]:
    """The clips in HEAR's folds of a data set without folds: random by recording, so that folds share speakers.

    The sorted stems of the files are shuffled with successive seeds until every fold contains every class.

    Args:
        labels: file -> class.

    Raises:
        ValueError: no shuffle does, so the data set is incomplete.

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
    """Whether a folder is one of HEAR's task folders."""
    return (root / "task_metadata.json").is_file()


def hear_kit_clips(root: Path, task: str, mode: str) -> Iterator[Clip]:
    """The clips of one of HEAR's task folders, at its highest sample rate.

    Args:
        root: folder with task_metadata.json, labelvocabulary.csv, one <split>.json per split and
            <sample rate>/<split>/*.wav.
        task, mode: expected task_name and mode of task_metadata.json.

    Raises:
        ValueError: a missing file, another task, or a label outside the vocabulary.
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
