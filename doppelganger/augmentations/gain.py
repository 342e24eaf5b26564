"""Gain: a random level."""

from collections.abc import Sequence

from torch import Tensor

from doppelganger.augmentations.per_item import PerItem, between, in_order


class Gain(PerItem):
    """Multiplies the sound by a random factor.

    Args:
        gain_db: smallest and largest gain, in dB.
        p, seed: see `PerItem`.

    Source: torch-audiomentations 0.12, Gain and its default range.
    """

    def __init__(self, gain_db: Sequence[float] = (-18.0, 6.0), p: float = 0.5, seed: int = 0):
        super().__init__(p, seed)
        self.gain_db = in_order("gain_db", gain_db)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        return waveform * 10 ** (between(draws, self.gain_db) / 20)
