"""The base of augmentations that change each waveform by itself."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.augmentation import WaveformAugmentation
from synths import random


class PerItem(WaveformAugmentation):
    """Base of augmentations that change each waveform by itself, with probability p.

    An item is augmented the same alone and in any batch. A subclass sets `n_draws`, how many random numbers it needs
    for an item.

    Args:
        p: probability that an item is changed.
        seed: seed for all random draws.

    Raises:
        ValueError: a probability outside [0, 1].
    """

    n_draws = 1

    def __init__(self, p: float = 0.5, seed: int = 0):
        super().__init__(seed)
        self.p = probability(p)

    @abstractmethod
    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        """The waveforms that are to change, changed.

        Args:
            waveform: (batch, n_samples).
            draws: (batch, n_draws), uniform in [0, 1).
            key: int64 (batch,), noise keys (see `synths.dsp.noise`).

        Returns:
            (batch, n_samples).
        """

    def forward(self, waveform: Tensor, index: Tensor, view: str = "") -> Tensor:
        draws = self.uniform(index, 1 + self.n_draws, view).to(waveform.device)
        chosen, draws = draws[:, 0] < self.p, draws[:, 1:]
        key = random.keys(index, seed=self.seed, stream=f"{type(self).__name__} {view} noise").to(waveform.device)
        if waveform.device.type != "cpu":  # counting the items that change would wait for the device
            return torch.where(chosen[:, None], self.change(waveform, draws, key), waveform)
        rows = chosen.nonzero()[:, 0]
        if not len(rows):
            return waveform
        return waveform.index_copy(0, rows, self.change(waveform[rows], draws[rows], key[rows]))


def probability(p: float) -> float:
    """A probability, checked."""
    if not 0 <= p <= 1:
        raise ValueError(f"p: expected a probability in [0, 1]; got {p}")
    return p


def in_order(name: str, values: Sequence[float]) -> tuple[float, float]:
    """Smallest and largest value of a range, checked."""
    low, high = values
    if low > high:
        raise ValueError(f"{name}: expected smallest <= largest; got {low}, {high}")
    return low, high


def between(draw: Tensor, low_high: tuple[float, float]) -> Tensor:
    """Numbers in [0, 1) as numbers of a range."""
    low, high = low_high
    return low + (high - low) * draw
