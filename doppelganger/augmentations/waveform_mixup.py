"""WaveformMixup: another sound of the batch in the background."""

from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.augmentation import WaveformAugmentation, other_items
from doppelganger.augmentations.per_item import between, in_order, probability
from doppelganger.augmentations.snr import at_snr


class WaveformMixup(WaveformAugmentation):
    """Adds another sound of the batch at a random signal-to-noise ratio.

    Which sound follows from the seed, index and view, as a number of places further in the batch, as in `LogMixup`; a
    batch of the same items gives the same mixtures.

    Args:
        snr_db: smallest and largest ratio of the powers of the item and the other sound, in dB.
        p: probability that an item is changed.
        seed: seed for all random draws.

    Raises:
        ValueError: a probability outside [0, 1].

    Source: our own ranges; the mixture is that of torch-audiomentations' AddBackgroundNoise.
    """

    def __init__(self, snr_db: Sequence[float] = (3.0, 30.0), p: float = 0.5, seed: int = 0):
        super().__init__(seed)
        self.snr_db, self.p = in_order("snr_db", snr_db), probability(p)

    def forward(self, waveform: Tensor, index: Tensor, view: str = "") -> Tensor:
        if len(waveform) < 2:
            return waveform
        chosen, place, snr = self.uniform(index, 3, view).to(waveform.device)[:, :, None].unbind(dim=1)
        other = waveform[other_items(place[:, 0])]
        return torch.where(chosen < self.p, waveform + at_snr(waveform, other, between(snr, self.snr_db)), waveform)
