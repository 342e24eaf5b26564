"""Frames: the envelope and the spectra that all descriptors share."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

_BLOCK_S, _HOP_S, _WINDOW_S = 0.008, 0.040, 0.064
# Softer than this, full scale being 1, is silence; softer against the loudest moment is not counted.
_SILENCE, _FLOOR = 1e-4, 0.01


@dataclass(frozen=True)
class Frames:
    """A batch of sounds, cut up once for all measurements.

    Args:
        sample_rate: in Hz.
        block_s, hop_s: from one value of the envelope, and from one spectrum, to the next.
        envelope: (batch, n_blocks), root of the mean square over 24 ms around the block.
        peak: (batch, 1), the largest of the envelope; nan of silence, and so is whatever is measured against it.
        power: (batch, n_frames, n_bins), of spectra in Hann windows around the multiples of `hop_s`.
        weight: (batch, n_frames), power of frames as a share of the sound's; 0 of frames 40 dB below the loudest.
    """

    sample_rate: int
    block_s: float
    hop_s: float
    envelope: Tensor
    peak: Tensor
    power: Tensor
    weight: Tensor

    @property
    def bin_hz(self) -> float:
        """From one bin of a spectrum to the next."""
        return self.sample_rate / self.n_fft

    @property
    def n_fft(self) -> int:
        return 2 * (self.power.shape[2] - 1)

    def mean(self, per_frame: Tensor) -> Tensor:
        """The mean over frames (batch, n_frames), each counting by its power: (batch,)."""
        return (per_frame * self.weight).sum(dim=1)

    def bins_hz(self) -> Tensor:
        return torch.arange(self.power.shape[2], device=self.power.device) * self.bin_hz


def first(there: Tensor) -> Tensor:
    """Where the last axis is first true, or 0: int64 (...)."""
    return there.max(dim=-1).indices


def cut(sound: Tensor, sample_rate: int) -> Frames:
    """The frames of sounds (batch, n_samples)."""
    block, hop = round(_BLOCK_S * sample_rate), round(_HOP_S * sample_rate)
    n_fft = 1 << round(math.log2(_WINDOW_S * sample_rate))
    n_blocks = -(-sound.shape[1] // block)
    blocks = pad(sound, (0, n_blocks * block - sound.shape[1])).unflatten(1, (n_blocks, block))
    square = torch.linalg.vecdot(blocks, blocks) / block
    envelope = avg_pool1d(square, 3, stride=1, padding=1, count_include_pad=False).sqrt()
    peak = envelope.amax(dim=1, keepdim=True)
    peak = peak.where(peak > _SILENCE, math.nan)

    window = torch.hann_window(n_fft, device=sound.device)
    # Of the shortest sounds, too, there are three spectra.
    short = max(0, 2 * hop - sound.shape[1])
    framed = pad(sound, (n_fft // 2, n_fft // 2 + short)).unfold(1, n_fft, hop) * window
    spectrum = torch.fft.rfft(framed)
    power = spectrum.real * spectrum.real + spectrum.imag * spectrum.imag
    energy = power.sum(dim=2)
    energy = energy.where(energy > _FLOOR**2 * energy.amax(dim=1, keepdim=True), 0)
    weight = energy / energy.sum(dim=1, keepdim=True)
    return Frames(sample_rate, block / sample_rate, hop / sample_rate, envelope, peak, power, weight)
