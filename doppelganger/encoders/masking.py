"""Masking: which patches of a spectrogram are masked."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from doppelganger.recipe import HasRecipe
from synths import random


class Masking(HasRecipe, ABC):
    """Base of all maskings: a mask follows from the item's index, and all masks have as many masked patches.

    A subclass gives the number of visible patches and the order of masking.

    Args:
        seed: seed for all random draws.
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    @abstractmethod
    def n_visible(self, rows: int, columns: int) -> int:
        """Number of visible patches on a grid of so many rows and columns."""

    @abstractmethod
    def order(self, index: Tensor, rows: int, columns: int) -> Tensor:
        """(batch, rows * columns), a number for each patch, counted band by band: those of the lowest are visible."""

    def __call__(self, index: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Draws masks.

        Args:
            index: int64 (batch,), indices of the items.
            rows, columns: number of patches in height and in width.

        Returns:
            visible: int64 (batch, n_visible), numbers of patches counted band by band, in rising order.
            masked: int64 (batch, n_masked), the others.

        Raises:
            ValueError: a single patch, which cannot be both masked and visible.
        """
        if rows * columns < 2:
            raise ValueError("expected a grid of at least 2 patches; got 1. Take smaller patches or longer sounds")
        n_visible = self.n_visible(rows, columns)
        order = self.order(index, rows, columns).argsort(dim=1)
        return order[:, :n_visible].sort(dim=1).values, order[:, n_visible:].sort(dim=1).values


class RatioMasking(Masking):
    """Base of maskings of a share of the patches, block by block.

    A subclass gives the size of a block. The last block may be masked in part.

    Args:
        ratio: share of patches that are masked, between 0 and 1; at least one patch is masked and one visible.
        seed: seed for all random draws.

    Raises:
        ValueError: a ratio that masks nothing or everything.
    """

    def __init__(self, ratio: float = 0.75, seed: int = 0):
        if not 0 < ratio < 1:
            raise ValueError(f"mask ratio: expected a number between 0 and 1, such as 0.75; got {ratio:g}")
        super().__init__(seed)
        self.ratio = ratio

    @abstractmethod
    def block(self, rows: int, columns: int) -> tuple[int, int]:
        """Height and width of a block, in patches, on a grid of so many rows and columns."""

    def n_visible(self, rows: int, columns: int) -> int:
        n = rows * columns
        return min(max(round(n * (1 - self.ratio)), 1), n - 1)

    def order(self, index: Tensor, rows: int, columns: int) -> Tensor:
        """The rank of a patch's block plus a random fraction."""
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
    """Offset of the grid in the first block of an axis of n patches; 0 for a block as long as the axis."""
    return (begin * (block if block < n else 1)).long()


class RandomMasking(RatioMasking):
    """Single patches. Source: He et al., Masked Autoencoders Are Scalable Vision Learners, 2022."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return 1, 1


class TimeMasking(RatioMasking):
    """Whole columns: all bands of a time. Source: Huang et al., Masked Autoencoders that Listen, 2022, section 3."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return rows, 1


class FrequencyMasking(RatioMasking):
    """Whole rows: all times of a band. Source: as for `TimeMasking`."""

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return 1, columns


class BlockMasking(RatioMasking):
    """Rectangles on a lattice with a random offset.

    Args:
        height, width: size of a rectangle, in patches.
        ratio, seed: see `RatioMasking`.

    Source: after Bao et al., BEiT, 2022, section 2.3, whose rectangles vary in size.
    """

    def __init__(self, height: int = 2, width: int = 4, ratio: float = 0.75, seed: int = 0):
        super().__init__(ratio, seed)
        if min(height, width) < 1:
            raise ValueError(f"height, width: expected a block of at least 1 by 1; got {height} and {width}")
        self.height, self.width = height, width

    def block(self, rows: int, columns: int) -> tuple[int, int]:
        return min(self.height, rows), min(self.width, columns)


class TimeFrequencyMasking(Masking):
    """Whole columns and whole rows, so that what is visible is a smaller grid.

    Args:
        time_ratio, frequency_ratio: shares of the columns and of the rows that are masked; at least one of each is
            visible.
        seed: seed for all random draws.

    Raises:
        ValueError: a ratio outside 0 to 1, or nothing masked at all.

    Source: Huang et al., Masked Autoencoders that Listen, 2022, section 3 (time and frequency); as views of a contrast,
    Huang et al., AudioMosaic, 2026.
    """

    def __init__(self, time_ratio: float = 0.5, frequency_ratio: float = 0.5, seed: int = 0):
        for name, ratio in (("time_ratio", time_ratio), ("frequency_ratio", frequency_ratio)):
            if not 0 <= ratio < 1:
                raise ValueError(f"{name}: expected at least 0 and below 1, such as 0.5; got {ratio:g}")
        if time_ratio == frequency_ratio == 0:
            raise ValueError("time_ratio, frequency_ratio: expected one of them above 0, such as 0.5; got 0 and 0")
        super().__init__(seed)
        self.time_ratio, self.frequency_ratio = time_ratio, frequency_ratio

    def n_visible(self, rows: int, columns: int) -> int:
        n = self._kept(rows, self.frequency_ratio) * self._kept(columns, self.time_ratio)
        if n == rows * columns:
            raise ValueError(
                f"time_ratio {self.time_ratio:g} and frequency_ratio {self.frequency_ratio:g} mask nothing of "
                f"{rows} x {columns} patches: take larger ratios or smaller patches"
            )
        return n

    def order(self, index: Tensor, rows: int, columns: int) -> Tensor:
        draw = random.uniform(index, rows + columns, seed=self.seed, stream="mask")
        row, column = draw[:, :rows].argsort(dim=1).argsort(dim=1), draw[:, rows:].argsort(dim=1).argsort(dim=1)
        masked_row = row >= self._kept(rows, self.frequency_ratio)
        masked_column = column >= self._kept(columns, self.time_ratio)
        return (masked_row[:, :, None] | masked_column[:, None, :]).flatten(1).double()

    @staticmethod
    def _kept(n: int, ratio: float) -> int:
        return max(round(n * (1 - ratio)), 1)
