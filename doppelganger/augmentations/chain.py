"""Chain: augmentations one after the other."""

from collections.abc import Sequence

from torch import Tensor, nn

from doppelganger.augmentations.augmentation import Augmentation


class Chain(Augmentation):
    """Augmentations one after the other; each has a seed of its own.

    Args:
        augmentations: in the order in which they are applied.
    """

    def __init__(self, augmentations: Sequence[Augmentation]):
        super().__init__()
        self.augmentations = nn.ModuleList(augmentations)

    def forward(self, picture: Tensor, index: Tensor, view: str = "") -> Tensor:
        for augmentation in self.augmentations:
            picture = augmentation(picture, index, view)
        return picture
