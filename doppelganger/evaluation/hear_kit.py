"""Read HEAR's folders and folds of a data set."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from doppelganger.evaluation.completeness import require_whole
from doppelganger.evaluation.layout import field, read_csv, read_json
from doppelganger.evaluation.task import Clip

_RETRIES = 999


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


def hear_kit_clips(root: Path, task: str, mode: str, count: int) -> list[Clip]:
    """The clips of one of HEAR's task folders, at its highest sample rate.

    Args:
        root: folder with task_metadata.json, labelvocabulary.csv, one <split>.json per split and
            <sample rate>/<split>/*.wav.
        task, mode: expected task_name and mode of task_metadata.json.
        count: number of clips of the whole task.

    Raises:
        ValueError: a missing file or clip, another task, or a label outside the vocabulary.
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
    splits = field(about, "splits", path)
    clips = []
    for split in splits:
        for file, names in read_json(root / f"{split}.json").items():
            label = tuple(str(name).strip() for name in names)
            if not vocabulary.issuperset(label) or not (multi_label or len(label) == 1):
                raise ValueError(f"{root / split}.json: expected labels of labelvocabulary.csv for {file}; got {names}")
            clips.append(Clip(f"{max(sample_rates)}/{split}/{file}", label if multi_label else label[0], split))
    require_whole(root, clips, count, set(splits))
    return clips
