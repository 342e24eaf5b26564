"""TimeShift: the sound earlier or later."""

from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.per_item import PerItem, between, in_order


class TimeShift(PerItem):
    """Moves the sound in time; what leaves at one end comes in at the other.

    Args:
        fraction: smallest and largest shift, as a fraction of the length; later where positive.
        p, seed: see `PerItem`.

    Source: Cherep and Singh, Audio Doppelgängers, 2025, public code (conf/transform/audiomentations.yaml):
    torch-audiomentations' Shift from -0.25 to 0.25 with rollover.
    """

    def __init__(self, fraction: Sequence[float] = (-0.25, 0.25), p: float = 0.5, seed: int = 0):
        super().__init__(p, seed)
        self.fraction = in_order("fraction", fraction)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        n = waveform.shape[1]
        shift = (between(draws, self.fraction) * n).round().long()
        return waveform.gather(1, (torch.arange(n, device=waveform.device) - shift) % n)
