"""Splits: what may be learned from, what chooses the strength, what is only ever tested."""

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


def splits_of(folds: np.ndarray, labels: np.ndarray, seed: int = 0) -> list[Split]:
    """How a task is trained and tested.

    Folds named train, val (or valid, validation) and test are one split: the strength is chosen on val,
    or, without one, on a seeded fifth of each class of train; then everything but test is learned from.
    Any other folds are each held out once, the strength chosen by holding out each of the rest in turn.

    Args:
        folds, labels: one a clip, strings (n_clips,).
        seed: of the fifth.

    Raises:
        ValueError: nothing to train on, nothing to test on, or one class only.
    """
    _require_two_classes(labels, "the clips")
    names = sorted(set(folds))
    if _CANONICAL.keys() & set(names):
        return [_named_split(folds, labels, seed)]
    if len(names) < 2:
        raise ValueError(f"expected train and test, or two folds or more; got only fold {', '.join(names)}")
    return [_held_out_split(folds, name, labels, seed) for name in names]


def _named_split(folds: np.ndarray, labels: np.ndarray, seed: int) -> Split:
    unknown = sorted(set(folds) - _CANONICAL.keys())
    if unknown:
        raise ValueError(f"expected folds train, val and test; got also {', '.join(unknown)}: name every fold so")
    role = np.array([_CANONICAL[name] for name in folds])
    train, val, test = (np.flatnonzero(role == name) for name in ("train", "val", "test"))
    for name, clips in (("train", train), ("test", test)):
        if len(clips) == 0:
            raise ValueError(f"expected clips in fold {name}; there are none")
    _require_two_classes(labels[train], "fold train")
    trials = [(train, val)] if len(val) else [_stratified(train, labels, seed)]
    return Split("test", np.union1d(train, val), trials, test)


def _held_out_split(folds: np.ndarray, name: str, labels: np.ndarray, seed: int) -> Split:
    train, test = np.flatnonzero(folds != name), np.flatnonzero(folds == name)
    _require_two_classes(labels[train], f"all folds but {name}")
    fold = folds[train]
    rest = [(train[fold != other], train[fold == other]) for other in sorted(set(fold))]
    # A fold that alone holds a class leaves one class to the others: nothing to choose by there.
    rest = [(fit, choose) for fit, choose in rest if len(set(labels[fit])) > 1]
    return Split(name, train, rest or [_stratified(train, labels, seed)], test)


def _stratified(train: np.ndarray, labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A fifth of each class, at least one clip of each class that has two, set apart."""
    shuffled = np.random.default_rng(seed).permutation(train)
    label = labels[shuffled]
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


def _require_two_classes(labels: np.ndarray, where: str) -> None:
    classes = set(labels)
    if len(classes) < 2:
        raise ValueError(f"expected two classes or more in {where}; got {', '.join(sorted(classes)) or 'none'}")
