"""Frames: the envelope and the spectra on which all facts are measured."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d, pad

_BLOCK_S, _HOP_S, _WINDOW_S = 0.008, 0.040, 0.064
_SMOOTHED = 3  # blocks of which a value of the envelope is the mean
# Envelopes below _SILENCE (full scale is 1) are silent; frames below _FLOOR of the loudest do not count.
_SILENCE, _FLOOR = 1e-4, 0.01


@dataclass(frozen=True)
class Frames:
    """Envelope and spectra of a batch of sounds.

    Args:
        sample_rate: sample rate in Hz.
        block_s, hop_s: time between values of the envelope, and between spectra.
        envelope: (batch, n_blocks), root of the mean square over 24 ms around the block.
        peak: (batch, 1), maximum of the envelope; nan for silence, and so are facts relative to it.
        power: (batch, n_frames, n_bins), power spectra in Hann windows centred on multiples of `hop_s`.
        weight: (batch, n_frames), share of the sound's power; 0 for frames 40 dB below the loudest.
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
        """Width of a bin in Hz."""
        return self.sample_rate / self.n_fft

    @property
    def n_fft(self) -> int:
        return 2 * (self.power.shape[2] - 1)

    @property
    def window_s(self) -> float:
        """Length of the window of a spectrum."""
        return self.n_fft / self.sample_rate

    @property
    def smoothed_s(self) -> float:
        """Time over which a value of the envelope is a mean."""
        return _SMOOTHED * self.block_s

    def mean(self, per_frame: Tensor) -> Tensor:
        """Mean over frames (batch, n_frames), weighted by power: (batch,)."""
        return (per_frame * self.weight).sum(dim=1)

    def bins_hz(self) -> Tensor:
        return torch.arange(self.power.shape[2], device=self.power.device) * self.bin_hz


def first(there: Tensor) -> Tensor:
    """Index of the first true value on the last axis, or 0: int64 (...)."""
    return there.max(dim=-1).indices


def cut(sound: Tensor, sample_rate: int) -> Frames:
    """Frames of sounds (batch, n_samples); one with NaN or infinite samples counts as silent."""
    # The sum is finite where every sample is, and costs a twentieth of a look at each.
    sound = sound.where(sound.sum(dim=1, keepdim=True).isfinite(), 0)
    block, hop = round(_BLOCK_S * sample_rate), round(_HOP_S * sample_rate)
    n_fft = 1 << math.ceil(math.log2(_WINDOW_S * sample_rate))  # never shorter: its length sets the lowest pitch
    n_blocks = -(-sound.shape[1] // block)
    blocks = pad(sound, (0, n_blocks * block - sound.shape[1])).unflatten(1, (n_blocks, block))
    square = torch.linalg.vecdot(blocks, blocks) / block
    envelope = avg_pool1d(square, _SMOOTHED, stride=1, padding=_SMOOTHED // 2, count_include_pad=False).sqrt()
    peak = envelope.amax(dim=1, keepdim=True)
    peak = peak.where(peak > _SILENCE, math.nan)

    window = torch.hann_window(n_fft, device=sound.device)
    # At least three spectra, even for the shortest sounds.
    short = max(0, 2 * hop - sound.shape[1])
    framed = pad(sound, (n_fft // 2, n_fft // 2 + short)).unfold(1, n_fft, hop) * window
    spectrum = torch.fft.rfft(framed)
    power = spectrum.real * spectrum.real + spectrum.imag * spectrum.imag
    energy = power.sum(dim=2)
    energy = energy.where(energy > _FLOOR**2 * energy.amax(dim=1, keepdim=True), 0)
    weight = energy / energy.sum(dim=1, keepdim=True)
    return Frames(sample_rate, block / sample_rate, hop / sample_rate, envelope, peak, power, weight)
