"""Splits of clips into training, validation and test."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from doppelganger.evaluation.task import Label, stratum

_ROLES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
# Names whose role depends on the others: the first of these roles that no other fold has.
_AMBIGUOUS = {
    "dev": ("train", "val"),
    "development": ("train", "val"),
    "eval": ("test", "val"),
    "evaluation": ("test", "val"),
}
_HELD_OUT = 0.1


@dataclass(frozen=True)
class Split:
    """Disjoint clip numbers for one round of training and testing.

    Args:
        name: name of the test fold.
        fit: clips to train on.
        choose: validation clips, which choose an epoch or a setting.
        test: clips to predict.
    """

    name: str
    fit: np.ndarray
    choose: np.ndarray
    test: np.ndarray


def splits_of(
    folds: Sequence[str], labels: Sequence[Label], seed: int = 0, choose_by: Literal["tenth", "fold"] = "tenth"
) -> list[Split]:
    """How a task is trained and tested.

    Folds named train, val and test are one split: a probe is chosen by val, or, without it, by a random tenth of each
    class of train. Other spellings count too, in any case: training, valid, validation, testing; dev is train, or val
    beside a train; eval is test, or val beside a test. Any other folds are each tested once, and the probe is chosen by
    such a tenth of the rest, or by the fold that follows, the first after the last.

    Args:
        folds, labels: fold and label of each clip.
        seed: seed for drawing the tenth.
        choose_by: validation clips of unnamed folds; with only two folds always a tenth.

    Raises:
        ValueError: nothing to train on, nothing to test on, or one class or number only.
    """
    fold = np.array(folds)
    _require_two(labels, range(len(labels)), "the clips")
    names = sorted(set(folds))
    if roles := _roles(names):
        return [_named_split(np.array([roles[name] for name in folds]), labels, seed)]
    if len(names) < 2:
        raise ValueError(f"expected train and test, or two folds or more; got only fold {', '.join(names)}")
    splits = []
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        rest, test = np.flatnonzero(fold != name), np.flatnonzero(fold == name)
        _require_two(labels, rest, f"all folds but {name}", name)
        by_fold = choose_by == "fold" and len(names) > 2
        fit, choose = _partition(rest, fold[rest] == following) if by_fold else _tenth(rest, labels, seed)
        splits.append(Split(name, fit, choose, test))
    return splits


def dealt(labels: Sequence[Label], n_folds: int, seed: int = 0) -> list[str]:
    """A fold for each clip, from "1" on: each class is dealt in turn, in random order."""
    folds = [""] * len(labels)
    n_dealt: Counter = Counter()
    for i in np.random.default_rng(seed).permutation(len(labels)).tolist():
        folds[i] = str(n_dealt[stratum(labels[i])] % n_folds + 1)
        n_dealt[stratum(labels[i])] += 1
    return folds


def are_roles(names: Collection[str]) -> bool:
    """Whether there are names, and all are names such as train, val and test, see `splits_of`."""
    return bool(names) and all(name.strip().lower() in _ROLES | _AMBIGUOUS for name in names)


def _roles(names: Sequence[str]) -> dict[str, str]:
    """The role of each fold, train, val or test; nothing if no fold has such a name."""
    plain = {name: name.strip().lower() for name in names}
    roles = {name: _ROLES[word] for name, word in plain.items() if word in _ROLES}
    for name, word in plain.items():
        if word in _AMBIGUOUS:
            first, second = _AMBIGUOUS[word]
            roles[name] = second if any(_ROLES.get(other) == first for other in plain.values()) else first
    unknown = sorted(set(names) - roles.keys())
    if roles and unknown:
        raise ValueError(f"expected folds train, val and test; got also {', '.join(unknown)}: rename these folds")
    # Else each of them would be tested once.
    if not roles and {"train", "test"} <= {_role_within(word) for word in plain.values()}:
        raise ValueError(f"expected folds train, val and test; got {', '.join(unknown)}: rename these folds")
    return roles


def _role_within(word: str) -> str:
    """The role that is a part of a fold's name, such as of train_set, test-1 or devset; "" for none."""
    parts = re.split("[^a-z]+|set|split", word)
    return next((_ROLES.get(part) or _AMBIGUOUS[part][0] for part in parts if part in _ROLES | _AMBIGUOUS), "")


def _named_split(role: np.ndarray, labels: Sequence[Label], seed: int) -> Split:
    train, val, test = (np.flatnonzero(role == name) for name in ("train", "val", "test"))
    for name, clips in (("train", train), ("test", test)):
        if len(clips) == 0:
            raise ValueError(f"expected clips in fold {name}; there are none")
    _require_two(labels, train, "fold train")
    if isinstance(labels[0], float):  # else R2 would divide by 0
        _require_two(labels, test, "fold test")
    if not any(labels[i] != () for i in test.tolist()):  # else there is no average precision
        raise ValueError("expected clips with a class in fold test; none of its clips has one")
    fit, choose = (train, val) if len(val) else _tenth(train, labels, seed)
    return Split("test", fit, choose, test)


def _tenth(train: np.ndarray, labels: Sequence[Label], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split off a tenth of each class, at least one clip of each class that has two."""
    shuffled = np.random.default_rng(seed).permutation(train)
    label = np.array([stratum(labels[i]) for i in shuffled])
    held_out = np.zeros(len(shuffled), dtype=bool)
    for name in np.unique(label):
        clips = np.flatnonzero(label == name)
        n_held_out = max(round(_HELD_OUT * len(clips)), 1) if len(clips) > 1 else 0
        held_out[clips[:n_held_out]] = True
    if not held_out.any():
        raise ValueError(
            "expected two training clips or more of some class in every round, to choose a probe by; got one of each: "
            "add clips, or folds"
        )
    return _partition(shuffled, held_out)


def _partition(clips: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sort(clips[~held_out]), np.sort(clips[held_out])


def _require_two(
    labels: Sequence[Label], clips: Sequence[int] | np.ndarray, where: str, without: str | None = None
) -> None:
    found = {labels[i] for i in clips}
    values = {str(value) for label in found for value in (label if isinstance(label, tuple) else (label,))}
    if len(values) < 2:
        kind = "numbers" if any(isinstance(label, float) for label in found) else "classes"
        if without is not None and values and kind == "classes":
            raise ValueError(
                f"without fold {without}, all training clips are of the class {values.pop()}; spread each class over "
                "two folds or more"
            )
        raise ValueError(f"expected two {kind} or more in {where}; got {', '.join(values) or 'none'}")
