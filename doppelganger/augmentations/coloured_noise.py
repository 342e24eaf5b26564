"""ColouredNoise: noise in the background."""

from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.augmentations.per_item import PerItem, between, in_order
from doppelganger.augmentations.snr import at_snr
from synths.dsp import noise
from synths.dsp.clock import Clock

_LOWEST_HZ = 20.0


class ColouredNoise(PerItem):
    """Adds noise whose power falls as ``1 / f ** exponent`` from 20 Hz on, at a random signal-to-noise ratio.

    Below 20 Hz there is none: in brown noise that would be most of the power, and nobody would hear it.

    Args:
        snr_db: smallest and largest ratio of the powers of sound and noise, in dB.
        exponent: smallest and largest exponent: 0 is white, 1 pink, 2 brown, -1 blue, -2 violet noise.
        sample_rate: of the waveforms, in Hz.
        p, seed: see `PerItem`.

    Source: torch-audiomentations 0.12, AddColoredNoise and its default ranges; there the exponent is one of amplitudes,
    and noise is flat up to about 90 Hz.
    """

    n_draws = 2

    def __init__(
        self,
        snr_db: Sequence[float] = (3.0, 30.0),
        exponent: Sequence[float] = (-2.0, 2.0),
        sample_rate: int = 16000,
        p: float = 0.5,
        seed: int = 0,
    ):
        super().__init__(p, seed)
        self.snr_db, self.exponent = in_order("snr_db", snr_db), in_order("exponent", exponent)
        self.sample_rate = sample_rate

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        n = waveform.shape[1]
        snr_db, exponent = between(draws[:, :1], self.snr_db), between(draws[:, 1:], self.exponent)
        white = noise.white(key, Clock(self.sample_rate, n, 1, waveform.device, waveform.dtype))[:, 0]
        hz = torch.arange(n // 2 + 1, device=waveform.device, dtype=draws.dtype) * (self.sample_rate / n)
        fall = torch.where(hz >= _LOWEST_HZ, hz.clamp_min(_LOWEST_HZ) ** (-exponent / 2), 0.0)
        coloured = torch.fft.irfft(torch.fft.rfft(white) * fall, n)
        return waveform + at_snr(waveform, coloured, snr_db)
