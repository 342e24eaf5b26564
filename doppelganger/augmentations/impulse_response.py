"""ImpulseResponse: the sound in a random room."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from doppelganger.augmentations.per_item import PerItem, between, in_order
from synths.dsp import noise, spectral
from synths.dsp.clock import Clock


class ImpulseResponse(PerItem):
    """Convolves the sound with the impulse response of a room: a direct sound, then decaying noise.

    The response has unit energy and every item its own, which needs no files. The tail beyond the end is cut.

    Args:
        decay_s: smallest and largest time in which the noise falls by 60 dB, in seconds.
        direct_db: smallest and largest ratio of the energies of direct sound and noise, in dB.
        sample_rate: of the waveforms, in Hz.
        p, seed: see `PerItem`.

    Raises:
        ValueError: a decay that is not positive.

    Source: Moorer, About This Reverberation Business, Computer Music Journal 3(2), 1979: a room's response sounds like
    white noise with an exponential envelope. Cherep and Singh, Audio Doppelgängers, 2025, use recorded responses; the
    ranges are ours.
    """

    n_draws = 2

    def __init__(
        self,
        decay_s: Sequence[float] = (0.1, 1.0),
        direct_db: Sequence[float] = (-5.0, 15.0),
        sample_rate: int = 16000,
        p: float = 0.5,
        seed: int = 0,
    ):
        super().__init__(p, seed)
        self.decay_s, self.direct_db = in_order("decay_s", decay_s), in_order("direct_db", direct_db)
        if self.decay_s[0] <= 0:
            raise ValueError(f"decay_s: expected times above 0; got {self.decay_s[0]}")
        self.sample_rate = sample_rate

    def response(self, draws: Tensor, key: Tensor, n: int) -> Tensor:
        """Impulse responses (batch, n) of unit energy. Args: as of `change`."""
        decay_s, direct_db = between(draws[:, :1], self.decay_s), between(draws[:, 1:], self.direct_db)
        time = torch.arange(n, device=draws.device, dtype=draws.dtype) / self.sample_rate
        white = noise.white(key, Clock(self.sample_rate, n, 1, draws.device, draws.dtype))[:, 0]
        room = white * torch.exp(-math.log(1000) * time / decay_s)
        direct = nn.functional.one_hot(torch.zeros_like(key), n)
        response = 10 ** (direct_db / 20) * direct + room / room.norm(dim=1, keepdim=True)
        return response / response.norm(dim=1, keepdim=True)

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        response = self.response(draws, key, waveform.shape[1])
        return spectral.convolve(waveform[:, None], response[:, None])[:, 0]
