"""PitchShift: a transposition that keeps the length."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from doppelganger.augmentations.per_item import PerItem, between, in_order

_N_AT_ONCE = 128  # waveforms; the memory of more is slower on a CPU


class PitchShift(PerItem):
    """Transposes the sound: stretched by ``r = 2 ** (semitones / 12)`` in a phase vocoder, then read r times as fast.

    The inverse Fourier transforms double the sample rate, so that cubic interpolation between samples suffices, and
    leave out what would lie above half the sample rate.

    Args:
        semitones: smallest and largest transposition, in semitones.
        n_fft: length of the Fourier transforms, in samples; a frame every quarter.
        p, seed: see `PerItem`.

    Raises:
        ValueError: an `n_fft` that is no positive multiple of 4.

    Source: Flanagan and Golden, Phase Vocoder, 1966, as in torchaudio's `phase_vocoder` and `pitch_shift`; range of
    Cherep and Singh, Audio Doppelgängers, 2025, public code (conf/transform/audiomentations.yaml).
    """

    def __init__(self, semitones: Sequence[float] = (-2.0, 2.0), n_fft: int = 512, p: float = 0.5, seed: int = 0):
        super().__init__(p, seed)
        if n_fft < 4 or n_fft % 4:
            raise ValueError(f"n_fft: expected a positive multiple of 4, such as 512; got {n_fft}")
        self.semitones = in_order("semitones", semitones)
        self.n_fft, self.hop = n_fft, n_fft // 4

    def change(self, waveform: Tensor, draws: Tensor, key: Tensor) -> Tensor:
        parts = zip(waveform.split(_N_AT_ONCE), draws.split(_N_AT_ONCE), strict=True)
        return torch.cat([self._transposed(*part) for part in parts])

    def _transposed(self, waveform: Tensor, draws: Tensor) -> Tensor:
        n = waveform.shape[1]
        ratio = torch.exp2(between(draws, self.semitones) / 12)
        window = torch.hann_window(self.n_fft, device=waveform.device, dtype=waveform.dtype)
        stft = torch.stft(waveform, self.n_fft, self.hop, window=window, pad_mode="constant", return_complex=True)
        n_frames = math.ceil(stft.shape[2] * 2 ** (self.semitones[1] / 12)) + 1
        level, phase = stretch(stft.transpose(1, 2), 1 / ratio, n_frames)
        bins = torch.arange(stft.shape[1], device=waveform.device)
        level = level * (2 * (bins * ratio <= self.n_fft / 2))[:, None]
        frames = torch.fft.irfft(torch.polar(level, phase), 2 * self.n_fft)
        return _read(_overlap_add(frames), 2 * ratio.double() * torch.arange(n, device=waveform.device))


def stretch(stft: Tensor, rate: Tensor, n_frames: int) -> tuple[Tensor, Tensor]:
    """A phase vocoder: the sound at another speed and the same pitch.

    Levels are interpolated between frames; phases advance from frame to frame as at the same place of the sound.

    Args:
        stft: complex (batch, frames, n_bins).
        rate: (batch, 1), speed.
        n_frames: frames to return, silent beyond the sound's end.

    Returns:
        levels and phases in radians, each (batch, n_frames, n_bins).
    """
    place = rate * torch.arange(n_frames, device=stft.device)
    before = place.long().clamp_max(stft.shape[1])
    near = (place - before)[:, :, None].clamp(0, 1)
    at = before[:, :, None].expand(-1, -1, stft.shape[2])
    level, angle = (nn.functional.pad(x, (0, 0, 0, 2)) for x in (stft.abs(), stft.angle()))
    level = torch.lerp(level.gather(1, at), level.gather(1, at + 1), near.to(level.dtype))
    advance = angle.diff(dim=1).gather(1, at[:, :-1])
    return level, torch.cat([angle[:, :1], advance], dim=1).cumsum(dim=1)


def _overlap_add(frames: Tensor) -> Tensor:
    """The waveform of Hann-windowed frames (batch, n_frames, length), a quarter apart and the first one centred at 0.

    `torch.istft` does the same, but makes a GPU wait for a check of its windows.
    """
    _, n_frames, length = frames.shape
    hop = length // 4
    window = torch.hann_window(length, device=frames.device, dtype=frames.dtype).unflatten(0, (4, hop))
    frames = frames.unflatten(2, (4, hop))
    added = frames.new_zeros(len(frames), n_frames + 3, hop)
    envelope = frames.new_zeros(n_frames + 3, hop)
    for quarter in range(4):
        rows = slice(quarter, quarter + n_frames)
        added[:, rows] += frames[:, :, quarter] * window[quarter]
        envelope[rows] += window[quarter].square()
    return (added[:, 2:-2] / envelope[2:-2]).flatten(1)


def _read(waveform: Tensor, place: Tensor) -> Tensor:
    """A waveform at places between its samples, (batch, n) from 0 on, by Catmull-Rom splines; 0 beyond its end."""
    before = place.long().clamp_max(waveform.shape[1])
    t = (place - before).to(waveform.dtype).clamp(0, 1)
    padded = nn.functional.pad(waveform, (1, 3))
    p0, p1, p2, p3 = (padded.gather(1, before + k) for k in range(4))
    return p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
