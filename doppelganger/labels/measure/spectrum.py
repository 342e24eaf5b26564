"""Brightness, bandwidth and tonality of the spectrum."""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames

FACTS = (
    Fact("brightness_hz", "Hz", 1.1, True, "spectral centroid"),
    Fact("bandwidth_hz", "Hz", 1.15, True, "spread of the spectrum about its centroid"),
    Fact("bass_share", "ratio", 0.1, False, "share of the power below 250 Hz"),
    Fact("treble_share", "ratio", 0.1, False, "share of the power above 4 kHz"),
    Fact("tonal_share", "ratio", 0.1, False, "share of the power in spectral lines"),
    Fact("brightening", "octave", 0.3, False, "rise of the centroid over the length of the sound; negative for a fall"),
)

_BASS_HZ, _TREBLE_HZ = 250, 4000
_AROUND_HZ = 500.0  # band around a line, with whose mean it is compared
_STANDS_OUT = 5.0


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of the spectra, each (batch,)."""
    hz = frames.bins_hz()
    magnitude = frames.power.sqrt()
    total = magnitude.sum(dim=2)
    centroid = (magnitude @ hz) / total.clamp_min(1e-20)
    counted = total * (frames.weight > 0)
    share = counted / counted.sum(dim=1, keepdim=True)
    # Variance over all frames: mean of squares minus square of the mean.
    brightness = (share * centroid).sum(dim=1)
    square = (share * (magnitude @ hz.square()) / total.clamp_min(1e-20)).sum(dim=1)
    spectrum = ((frames.weight > 0).float()[:, None] @ frames.power)[:, 0]
    spectrum = spectrum / spectrum.sum(dim=1, keepdim=True)
    return {
        "brightness_hz": brightness,
        "bandwidth_hz": (square - brightness.square()).clamp_min(0).sqrt(),
        "bass_share": (spectrum * (hz < _BASS_HZ)).sum(dim=1),
        "treble_share": (spectrum * (hz >= _TREBLE_HZ)).sum(dim=1),
        "tonal_share": frames.mean(_tonal(frames)),
        "brightening": _brightening(centroid, frames),
    }


def _tonal(frames: Frames) -> Tensor:
    """Share of a frame's power in spectral lines, with the bins beside: (batch, n_frames)."""
    power = frames.power
    half = round(_AROUND_HZ / 2 / frames.bin_hz)
    # Moving sums, as differences of cumulative sums.
    upto = pad(power, (half + 1, half)).cumsum(dim=2)
    around = upto[..., 2 * half + 1 :] - upto[..., : -2 * half - 1]
    before, here, after = power[..., :-2], power[..., 1:-1], power[..., 2:]
    rises = power[..., 1:] > power[..., :-1]
    line = (here > _STANDS_OUT / (2 * half + 1) * around[..., 1:-1]) & rises[..., :-1] & ~rises[..., 1:]
    in_lines = (line * (before + here + after)).sum(dim=2)
    return (in_lines / upto[..., -1].clamp_min(1e-20)).clamp_max(1)


def _brightening(centroid: Tensor, frames: Frames) -> Tensor:
    """Change of the centroid by linear regression, in octaves; nan for fewer than four frames."""
    audible = (frames.weight > 0).float()
    n = audible.sum(dim=1)
    octave = centroid.clamp_min(1).log2()
    place = torch.arange(audible.shape[1], device=audible.device)
    return line(place, octave, audible)[0] * (n - 1) + torch.where(n >= 4, 0.0, math.nan)


def line(place: Tensor, value: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted linear regression: slope (batch,) and residuals (batch, n).

    Args:
        place: (n,).
        value, weight: (batch, n).
    """
    weight = weight / weight.sum(dim=1, keepdim=True).clamp_min(1e-12)
    x = place - (weight * place).sum(dim=1, keepdim=True)
    y = value - (weight * value).sum(dim=1, keepdim=True)
    slope = (weight * x * y).sum(dim=1) / (weight * x * x).sum(dim=1).clamp_min(1e-12)
    return slope, y - slope[:, None] * x
