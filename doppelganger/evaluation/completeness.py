"""Refuse a folder that does not hold the whole data set."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path

from doppelganger.evaluation.layout import is_hear_kit
from doppelganger.evaluation.task import Clip

Clips = Callable[[Path], Iterable[Clip]]


def whole(count: int, folds: str) -> Callable[[Clips], Clips]:
    """Decorator for `clips(root)` of a data set: refuses a folder with another number of clips or other folds.

    HEAR's folder of the data set may differ in both; `hear_kit_clips` checks it.

    Args:
        count: number of clips of the whole data set.
        folds: names of its folds, separated by spaces.
    """

    def decorate(clips: Clips) -> Clips:
        @wraps(clips)
        def checked(root: Path) -> list[Clip]:
            found = list(clips(root))
            if not is_hear_kit(root):
                require_whole(root, found, count, set(folds.split()))
            return found

        return checked

    return decorate


def require_whole(root: Path, clips: Sequence[Clip], count: int, folds: set[str]) -> None:
    """Check the number of clips and the names of their folds.

    Raises:
        ValueError: either differs.
    """
    found = {clip.fold for clip in clips}
    if len(clips) != count or found != folds:
        raise ValueError(
            f"{root}: expected the whole data set, {count:,} clips in folds {', '.join(sorted(folds))}; "
            f"found {len(clips):,} in {', '.join(sorted(found)) or 'none'}"
        )


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
