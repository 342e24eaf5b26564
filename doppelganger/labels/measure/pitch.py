"""Pitch, harmonicity, glide and vibrato."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames, first
from doppelganger.labels.measure.spectrum import line

FACTS = (
    Fact("pitch_hz", "Hz", 2 ** (0.25 / 12), True, "fundamental frequency, median over time"),
    Fact("harmonicity", "ratio", 0.1, False, "share of the power that is periodic"),
    Fact("glide", "semitone", 0.5, False, "rise of the pitch over its length; negative for a fall"),
    Fact("glide_rate", "semitone", 2.0, False, "rise of the pitch per second"),
    Fact("vibrato_hz", "Hz", 1.15, True, "rate of the vibrato"),
    Fact("vibrato", "semitone", 0.15, False, "depth of the vibrato, from its centre"),
)

LOWEST_PERIODS = 3.0  # periods of the lowest pitch in a window, and so its bin
_HIGHEST = 1 / 6  # highest pitch found by its period, against the sample rate
_NEARLY = 0.9  # share of the best period's strength: the shortest period that reaches it is the pitch
_ONE_PEAK = 1.25  # periods within this ratio belong to one peak
VOICED = 0.6
_VIBRATO_HZ = (3.0, 11.0)


class Track(NamedTuple):
    """Pitch over time, each (batch, n_frames); `clear` is false for frames without a pitch."""

    hz: Tensor
    strength: Tensor
    clear: Tensor


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of pitch, each (batch,)."""
    track = follow(frames)
    harmonicity = frames.mean(track.strength)
    loud = frames.weight > 0.01 * frames.weight.amax(dim=1, keepdim=True)
    clear = track.clear & loud
    # A single pitch needs most of the power in frames with a clear pitch.
    mostly = ((clear * frames.weight).sum(dim=1) > 0.6) & (clear.sum(dim=1) >= 3)
    pitch_hz = torch.where(clear, track.hz, math.nan).nanmedian(dim=1).values.where(mostly, math.nan)

    # At the edges of a note, windows are partly empty and the pitch is biased.
    inner = clear[:, 1:-1] & clear[:, 2:] & clear[:, :-2]
    semitone = 12 * (track.hz[:, 1:-1] / pitch_hz[:, None]).clamp_min(1e-3).log2()
    place = torch.arange(inner.shape[1], device=inner.device) * frames.hop_s
    slope, above = line(place, torch.where(inner, semitone, 0), inner.float())
    above = torch.where(inner, above, 0)
    n = inner.sum(dim=1)
    start, end = first(inner), inner.shape[1] - 1 - first(inner.flip(1))
    # Includes the frames at the edges.
    extent_s = (end - start + 2) * frames.hop_s
    glide = slope * extent_s
    variance = above.square().sum(dim=1) / n.clamp_min(1)
    # A pitch that jumps has no glide.
    follows = (n >= 4) & (variance.sqrt() < (0.3 * glide.abs()).clamp_min(1.0))
    rate_hz, depth = _vibrato(above, variance, frames)
    # At least two periods; less is a bend.
    steady = mostly & (harmonicity > VOICED) & (n > 0.85 * (end - start)) & (extent_s * rate_hz >= 2)
    return {
        "pitch_hz": pitch_hz,
        "harmonicity": harmonicity,
        "glide": glide.where(follows & mostly, math.nan),
        "glide_rate": slope.where(follows & mostly & (glide.abs() >= 0.5), math.nan),
        "vibrato_hz": rate_hz.where(steady, math.nan),
        "vibrato": depth.where(steady, math.nan),
    }


def follow(frames: Frames) -> Track:
    """Pitch of every frame by autocorrelation, normalised by that of the window; of a lonely line, its frequency.

    Source: Boersma, Accurate Short-Term Analysis of the Fundamental Frequency and the Harmonics-to-Noise Ratio, 1993;
    McLeod and Wyvill, A Smarter Way to Find Pitch, ICMC 2005 (the first peak that is nearly the best).
    """
    longest, shortest = int(frames.n_fft / LOWEST_PERIODS), max(2, int(1 / _HIGHEST))  # lags, in samples
    period, strength = _period(_autocorrelation(frames, longest + 2), shortest)
    hz = frames.sample_rate / period

    # Autocorrelation does not reach the highest and the lowest tones: the pitch of a single line is its frequency.
    line_hz, share = _lines(frames)
    high = line_hz > 0.8 * _HIGHEST * frames.sample_rate
    # The position of a line within the first bin is unknown.
    low = (line_hz > 1.5 * frames.bin_hz) & (line_hz < 1.2 * frames.sample_rate / longest)
    lonely = (share > 0.85) & (high | low)
    strength = torch.where(lonely, share, strength)
    return Track(torch.where(lonely, line_hz, hz), strength, strength > VOICED)


def _autocorrelation(frames: Frames, n_lags: int) -> Tensor:
    """Autocorrelation of every frame over that of the window, 1 at lag 0: (batch, n_frames, n_lags)."""
    window = torch.hann_window(frames.n_fft, device=frames.power.device)
    of_window = torch.fft.irfft(torch.fft.rfft(window).abs().square())[:n_lags]
    # Leaves out what is slower than any period: an offset, and tones too low to be heard.
    power = pad(frames.power[..., 2:], (2, 0))
    correlation = torch.fft.irfft(power)[..., :n_lags]
    return correlation * (of_window[0] / of_window) / correlation[..., :1].clamp_min(1e-12)


def _period(correlation: Tensor, shortest: int) -> tuple[Tensor, Tensor]:
    """Lag in samples of the first peak that is nearly the best, and its height in [0, 1]: each (batch, n_frames).

    Args:
        correlation: (batch, n_frames, n_lags), see `_autocorrelation`.
        shortest: shortest period, in samples.
    """
    here, before, after = correlation[..., 1:-1], correlation[..., :-2], correlation[..., 2:]
    # Height and position of the parabola through three points.
    bend, slope = (before - 2 * here + after).clamp_max(-1e-9), 0.5 * (before - after)
    shift = (slope / bend).clamp(-0.5, 0.5)
    top = here - 0.5 * slope * shift
    # Skips the peak at lag 0: periods lie beyond the first negative value.
    fallen = first(here < 0)[..., None]
    place = torch.arange(here.shape[2], device=here.device)
    falls = correlation[..., 1:] < correlation[..., :-1]
    top = (falls[..., 1:] & ~falls[..., :-1] & (place >= fallen.clamp_min(shortest - 1))) * top
    best = top.amax(dim=2, keepdim=True)
    nearly = first(top >= _NEARLY * best)[..., None]
    # Noise splits a peak into several.
    lag = ((place < _ONE_PEAK * nearly) * top).max(dim=2, keepdim=True).indices.maximum(nearly)
    strength = top.gather(2, lag)[..., 0].clamp(0, 1)
    period = lag + 1 + shift.gather(2, lag)
    # A short period may fall between samples, and only its multiples at a peak: tries a third and a half.
    for n in (3, 2):
        part = period / n
        alike = (_between(correlation, part) >= _NEARLY * best) & (part > fallen + 1)
        period = torch.where(alike, part, period)
    return period[..., 0], strength


def _between(correlation: Tensor, lag: Tensor) -> Tensor:
    """Autocorrelation (batch, n_frames, n_lags) at a fractional lag (batch, n_frames, 1), by a windowed sinc."""
    near = lag.floor().long() + torch.arange(-7, 9, device=lag.device)
    apart = lag - near
    weight = torch.sinc(apart) * torch.cos(apart * (math.pi / 16)).square()
    return (correlation.gather(2, near.abs()) * weight).sum(dim=2, keepdim=True)


def _lines(frames: Frames) -> tuple[Tensor, Tensor]:
    """Frequency of the strongest line of every frame, in Hz, and its share of the power: each (batch, n_frames)."""
    power = frames.power
    bin_ = power.max(dim=2, keepdim=True).indices.clamp(2, power.shape[2] - 3)
    near = power.gather(2, bin_ + torch.arange(-2, 3, device=power.device))
    before, here, after = near[..., 1:4].clamp_min(1e-20).log().unbind(dim=-1)
    bend = (before - 2 * here + after).clamp_max(-1e-9)
    shift = (0.5 * (before - after) / bend).clamp(-1, 1)
    share = near.sum(dim=2) / power.sum(dim=2).clamp_min(1e-20)
    return (bin_[..., 0] + shift) * frames.bin_hz, share


def _vibrato(above: Tensor, variance: Tensor, frames: Frames) -> tuple[Tensor, Tensor]:
    """Rate in Hz and depth in semitones, each (batch,); nan without vibrato."""
    rate_hz, share = slow_wave(above, frames.hop_s, _VIBRATO_HZ)
    depth = (2 * variance).sqrt() / _left_by_window(rate_hz * frames.window_s)
    modulated = (share > 0.5) & (depth > 0.1) & (depth < 6)
    return rate_hz.where(modulated, math.nan), depth.where(modulated, math.nan)


def _left_by_window(periods: Tensor) -> Tensor:
    """What is left of a wave in the pitch of frames: the spectrum of the squared Hann window.

    The pitch of a frame is a mean over its window, which flattens a vibrato.

    Args:
        periods: periods of the wave in a window, of any shape.
    """
    beside = torch.sinc(periods - 1) + torch.sinc(periods + 1)
    beyond = torch.sinc(periods - 2) + torch.sinc(periods + 2)
    return torch.sinc(periods) + 2 / 3 * beside + beyond / 6


def slow_wave(signal: Tensor, hop_s: float, between_hz: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Rate in Hz and share of the power of the strongest slow wave in a zero-mean signal (batch, n), each (batch,)."""
    n = signal.shape[1]
    n_fft = 4 << (n - 1).bit_length()
    power = torch.fft.rfft(signal, n_fft).abs().square()
    step_hz = 1 / hop_s / n_fft
    low, high = (min(round(hz / step_hz), power.shape[1] - 2) for hz in between_hz)
    best = low + power[:, low : high + 1].argmax(dim=1)
    width = 2 * n_fft // n  # slightly more than half of the main lobe
    near = (torch.arange(power.shape[1], device=power.device) - best[:, None]).abs() <= width
    # In a two-sided spectrum bin 0 counts once, the others twice.
    whole = power.sum(dim=1) - power[:, 0] / 2
    return best * step_hz, (power * near).sum(dim=1) / whole.clamp_min(1e-20)
