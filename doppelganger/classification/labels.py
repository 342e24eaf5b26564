"""Check the labels that a classifier is trained on."""

from collections import Counter
from collections.abc import Sequence


def require_classes(labels: Sequence[str], where: str) -> None:
    """Check that a classifier of these labels can be trained and tested.

    Raises:
        ValueError: one class only, or a class with one clip.
    """
    counts = Counter(labels)
    if len(counts) < 2:
        raise ValueError(f"expected two labels or more in {where}; got {', '.join(counts) or 'none'}")
    if single := sorted(label for label, count in counts.items() if count == 1):
        raise ValueError(
            f"expected two usable clips or more of each label in {where}, to train and to test on; got one of "
            f"{', '.join(single)}"
        )
