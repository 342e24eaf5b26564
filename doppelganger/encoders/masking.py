"""Masking: which patches of a picture an encoder sees."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from doppelganger.recipe import HasRecipe
from synths import random


class Masking(HasRecipe, ABC):
    """Hides a share of a picture's patches, block by block, the same ones for the same item.

    A subclass says how large a block is; all masks hide the same number of patches, so the last block may be hidden
    in part.

    Args:
        ratio: share of patches that are hidden, between 0 and 1; at least one patch is hidden and one visible.
        seed: another seed, other masks.

    Raises:
        ValueError: a ratio that hides nothing or everything.
    """

    def __init__(self, ratio: float = 0.75, seed: int = 0):
        if not 0 < ratio < 1:
            raise ValueError(f"mask ratio must lie between 0 and 1, such as 0.75; got {ratio:g}")
        self.ratio = ratio
        self.seed = seed

    @abstractmethod
    def block(self, rows: int, columns: int) -> tuple[int, int]:
        """Height and width of a block, in patches, in a picture of so many rows and columns of them."""

    def __call__(self, index: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Draws masks.

        Args:
            index: int64 (batch,), the items' numbers.
            rows, columns: patches in height and in width.

        Returns:
            visible: int64 (batch, n_visible), numbers of patches counted band by band, in rising order.
            hidden: int64 (batch, n_hidden), the others.

        Raises:
            ValueError: a single patch, which cannot be both hidden and visible.
        """
        n = rows * columns
        if n < 2:
            raise ValueError("expected pictures of at least 2 patches; got 1. Take smaller patches or longer sounds")
        n_visible = min(max(round(n * (1 - self.ratio)), 1), n - 1)
        order = self._score(index, rows, columns).argsort(dim=1)
        return order[:, :n_visible].sort(dim=1).values, order[:, n_visible:].sort(dim=1).values

    def _score(self, index: Tensor, rows: int, columns: int) -> Tensor:
        """(batch, rows * columns): one number a block, with a place in the block behind the decimal point."""
        height, width = self.block(rows, columns)
        # Blocks begin anywhere, so that some are cut at the edges.
        n_rows, n_columns = (rows + height - 2) // height + 1, (columns + width - 2) // width + 1
        draw = random.uniform(index, n_rows * n_columns + 2, seed=self.seed, stream="mask").double()
        blocks, begin = draw[:, :-2], draw[:, -2:]
        row = (torch.arange(rows, device=index.device) + _shift(begin[:, :1], height, rows)) // height
        column = (torch.arange(columns, device=index.device) + _shift(begin[:, 1:], width, columns)) // width
        block = (row[:, :, None] * n_columns + column[:, None, :]).flatten(1)
        rank = blocks.argsort(dim=1).argsort(dim=1).double()
        return rank.gather(1, block) + random.uniform(index, rows * columns, seed=self.seed, stream="mask within")


def _shift(begin: Tensor, block: int, n: int) -> Tensor:
    """Where in a block of a row of n the picture begins; a block of the whole row begins with it."""
    return (begin * (block if block < n else 1)).long()


class RandomMasking(Masking):
    """Patch by patch. Source: He et al., Masked Autoencoders Are Scalable Vision Learners, 2022."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return 1, 1


class TimeMasking(Masking):
    """Moments, all bands at once. Source: Huang et al., Masked Autoencoders that Listen, 2022, section 3."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return rows, 1


class FrequencyMasking(Masking):
    """Bands, all the time. Source: as for `TimeMasking`."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return 1, columns


class BlockMasking(Masking):
    """Rectangles of neighbours, on a lattice that begins anywhere.

    Args:
        height, width: of a rectangle, in patches.
        ratio, seed: see `Masking`.

    Source: after Bao et al., BEiT, 2022, section 2.3, whose rectangles vary in size.
    """

    def __init__(self, height: int = 2, width: int = 4, ratio: float = 0.75, seed: int = 0):
        super().__init__(ratio, seed)
        if min(height, width) < 1:
            raise ValueError(f"height and width of a block must be at least 1; got {height} and {width}")
        self.height, self.width = height, width

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return min(self.height, rows), min(self.width, columns)
