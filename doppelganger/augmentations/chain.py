"""Chain: augmentations one after the other."""

from collections import Counter
from collections.abc import Sequence

from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation


class Chain(Augmentation):
    """Augmentations one after the other; each has a seed of its own.

    Args:
        augmentations: in the order in which they are applied; all of waveforms, or all of spectrograms.

    Raises:
        ValueError: no augmentation, augmentations of both kinds, or two of one class and one seed, which would draw the
            same numbers: a second `SpecAugment` would mask what the first did.
    """

    def __init__(self, augmentations: Sequence[Augmentation]):
        super().__init__()
        domains = {augmentation.domain for augmentation in augmentations}
        if len(domains) != 1:
            given = ", ".join(f"{type(each).__name__} ({each.domain})" for each in augmentations)
            raise ValueError(
                f"expected augmentations of waveforms alone or of spectrograms alone; got {given or 'none'}"
            )
        self.domain = augmentations[0].domain
        self.augmentations = nn.ModuleList(augmentations)
        _require_own_seeds(augmentations)

    def forward(self, x: Tensor, index: Tensor, view: str = "") -> Tensor:
        """Waveforms or spectrograms, all augmentations applied. Args: as of its augmentations."""
        for augmentation in self.augmentations:
            x = augmentation(x, index, view)
        return x


def _require_own_seeds(augmentations: Sequence[Augmentation]) -> None:
    each = [part for augmentation in augmentations for part in augmentation.modules() if isinstance(part, Augmentation)]
    drawn = Counter((type(part).__name__, part.seed) for part in each if not isinstance(part, Chain))
    for (name, seed), n in drawn.items():
        if n > 1:
            raise ValueError(f"seed: expected another for each {name} of a chain; got {seed} for {n} of them")
