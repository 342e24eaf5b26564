"""ColouredNoise: noise in the background."""

from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.per_item import PerItem, between, in_order
from doppelganger.augmentations.snr import at_snr
from synths.dsp import noise
from synths.dsp.clock import Clock


class ColouredNoise(PerItem):
    """Adds noise whose power falls as ``1 / f ** exponent``, at a random signal-to-noise ratio.

    Args:
        snr_db: smallest and largest ratio of the powers of sound and noise, in dB.
        exponent: smallest and largest exponent: 0 is white, 1 pink, 2 brown, -1 blue, -2 violet noise.
        p, seed: see `PerItem`.

    Source: torch-audiomentations 0.12, AddColoredNoise and its default ranges.
    """

    n_draws = 2

    def __init__(
        self,
        snr_db: Sequence[float] = (3.0, 30.0),
        exponent: Sequence[float] = (-2.0, 2.0),
        p: float = 0.5,
        seed: int = 0,
    ):
        super().__init__(p, seed)
        self.snr_db, self.exponent = in_order("snr_db", snr_db), in_order("exponent", exponent)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        n = waveform.shape[1]
        snr_db, exponent = between(draws[:, :1], self.snr_db), between(draws[:, 1:], self.exponent)
        white = noise.white(key, Clock(1, n, 1, waveform.device, waveform.dtype))[:, 0]
        bins = torch.arange(n // 2 + 1, device=waveform.device)
        fall = torch.where(bins > 0, bins.clamp_min(1) ** (-exponent / 2), 0.0)
        coloured = torch.fft.irfft(torch.fft.rfft(white) * fall, n)
        return waveform + at_snr(waveform, coloured, snr_db)
