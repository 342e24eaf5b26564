"""Chain: augmentations one after the other."""

from collections.abc import Sequence

from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation


class Chain(Augmentation):
    """Augmentations one after the other; each has a seed of its own.

    Args:
        augmentations: in the order in which they are applied; all of waveforms, or all of spectrograms.

    Raises:
        ValueError: no augmentation, or augmentations of both kinds.
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

    def forward(self, x: Tensor, index: Tensor, view: str = "") -> Tensor:
        """Waveforms or spectrograms, all augmentations applied. Args: as of its augmentations."""
        for augmentation in self.augmentations:
            x = augmentation(x, index, view)
        return x
