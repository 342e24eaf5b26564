"""Splits: what may be learned from, what chooses the strength, what is only ever tested."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CANONICAL = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_HELD_OUT = 0.2


@dataclass(frozen=True)
class Split:
    """One round of training and testing, as clip numbers.

    Args:
        name: of the fold tested.
        train: the clips learned from.
        trials: ways to part `train` into clips to fit on and clips to choose by; never a test clip.
        test: the clips predicted.
    """

    name: str
    train: np.ndarray
    trials: list[tuple[np.ndarray, np.ndarray]]
    test: np.ndarray


def splits_of(folds: Sequence[str], labels: Sequence[str], seed: int = 0) -> list[Split]:
    """How a task is trained and tested.

    Folds named train, val (or valid, validation) and test are one split: the strength is chosen on val,
    or, without one, on a seeded fifth of each class of train; then everything but test is learned from.
    Any other folds are each held out once, the strength chosen by holding out each of the rest in turn.

    Args:
        folds, labels: one a clip.
        seed: of the fifth.

    Raises:
        ValueError: nothing to train on, nothing to test on, or one class only.
    """
    _require_two_classes(labels, "the clips")
    names = sorted(set(folds))
    fold = np.asarray(folds)
    if _CANONICAL.keys() & set(names):
        return [_named_split(fold, labels, seed)]
    if len(names) < 2:
        raise ValueError(f"expected train and test, or two folds or more; got only fold {', '.join(names)}")
    return [_held_out_split(fold, name, labels, seed) for name in names]


def _named_split(fold: np.ndarray, labels: Sequence[str], seed: int) -> Split:
    unknown = sorted(set(fold) - _CANONICAL.keys())
    if unknown:
        raise ValueError(f"expected folds train, val and test; got also {', '.join(unknown)}: name every fold so")
    role = np.array([_CANONICAL[name] for name in fold])
    train, val, test = (np.flatnonzero(role == name) for name in ("train", "val", "test"))
    for name, clips in (("train", train), ("test", test)):
        if len(clips) == 0:
            raise ValueError(f"expected clips in fold {name}; there are none")
    _require_two_classes([labels[i] for i in train], "fold train")
    trials = [(train, val)] if len(val) else [_stratified(train, labels, seed)]
    return Split("test", np.union1d(train, val), trials, test)


def _held_out_split(fold: np.ndarray, name: str, labels: Sequence[str], seed: int) -> Split:
    train, test = np.flatnonzero(fold != name), np.flatnonzero(fold == name)
    _require_two_classes([labels[i] for i in train], f"all folds but {name}")
    rest = [(train[fold[train] != other], train[fold[train] == other]) for other in sorted(set(fold[train]))]
    # A fold that alone holds a class leaves one class to the others: nothing to choose by there.
    rest = [(fit, choose) for fit, choose in rest if len({labels[i] for i in fit}) > 1]
    return Split(name, train, rest or [_stratified(train, labels, seed)], test)


def _stratified(train: np.ndarray, labels: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A fifth of each class, at least one clip of each class that has two, set apart."""
    shuffled = np.random.default_rng(seed).permutation(train)
    label = np.array([labels[i] for i in shuffled])
    apart = np.zeros(len(shuffled), dtype=bool)
    for name in np.unique(label):
        clips = np.flatnonzero(label == name)
        n_apart = max(round(_HELD_OUT * len(clips)), 1) if len(clips) > 1 else 0
        apart[clips[:n_apart]] = True
    if not apart.any():
        raise ValueError(
            "expected two training clips or more of some class, to choose the strength by; got one of each"
        )
    return np.sort(shuffled[~apart]), np.sort(shuffled[apart])


def _require_two_classes(labels: Sequence[str], where: str) -> None:
    classes = set(labels)
    if len(classes) < 2:
        raise ValueError(f"expected two classes or more in {where}; got {', '.join(sorted(classes)) or 'none'}")
