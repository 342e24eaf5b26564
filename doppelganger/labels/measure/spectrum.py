"""Where the energy lies, and whether it is in lines or everywhere."""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames

FACTS = (
    Fact("brightness_hz", "Hz", 1.1, True, "spectral centroid"),
    Fact("bandwidth_hz", "Hz", 1.15, True, "spread of the spectrum about its centroid"),
    Fact("bass_share", "ratio", 0.1, False, "of the power, below 250 Hz"),
    Fact("treble_share", "ratio", 0.1, False, "of the power, above 4 kHz"),
    Fact("tonal_share", "ratio", 0.1, False, "of the power, in lines that stand out"),
    Fact("brightening", "octave", 0.3, False, "how far the centroid rises, or falls, while the sound lasts"),
)

_BASS_HZ, _TREBLE_HZ = 250, 4000
_AROUND_HZ = 500.0  # what a line stands out of
_STANDS_OUT = 5.0


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of the spectra, each (batch,)."""
    hz = frames.bins_hz()
    magnitude = frames.power.sqrt()
    total = magnitude.sum(dim=2)
    centroid = (magnitude @ hz) / total.clamp_min(1e-20)
    counted = total * (frames.weight > 0)
    share = counted / counted.sum(dim=1, keepdim=True)
    # Of all frames as one: the mean of squares less the square of the mean.
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
    """Share of a frame's power in bins that stand out, with their neighbours: (batch, n_frames)."""
    power = frames.power
    half = round(_AROUND_HZ / 2 / frames.bin_hz)
    # Sums of a stretch of bins, as differences of sums from the first on.
    upto = pad(power, (half + 1, half)).cumsum(dim=2)
    around = upto[..., 2 * half + 1 :] - upto[..., : -2 * half - 1]
    before, here, after = power[..., :-2], power[..., 1:-1], power[..., 2:]
    rises = power[..., 1:] > power[..., :-1]
    line = (here > _STANDS_OUT / (2 * half + 1) * around[..., 1:-1]) & rises[..., :-1] & ~rises[..., 1:]
    in_lines = (line * (before + here + after)).sum(dim=2)
    return (in_lines / upto[..., -1].clamp_min(1e-20)).clamp_max(1)


def _brightening(centroid: Tensor, frames: Frames) -> Tensor:
    """Change of the centroid along a straight line through it, in octaves; nan of fewer than four frames."""
    heard = (frames.weight > 0).float()
    n = heard.sum(dim=1)
    octave = centroid.clamp_min(1).log2()
    place = torch.arange(heard.shape[1], device=heard.device)
    return line(place, octave, heard)[0] * (n - 1) + torch.where(n >= 4, 0.0, math.nan)


def line(place: Tensor, value: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The straight line nearest to points: its slope (batch,), and how far each point lies above it (batch, n).

    Args:
        place: (n,).
        value, weight: (batch, n).
    """
    weight = weight / weight.sum(dim=1, keepdim=True).clamp_min(1e-12)
    x = place - (weight * place).sum(dim=1, keepdim=True)
    y = value - (weight * value).sum(dim=1, keepdim=True)
    slope = (weight * x * y).sum(dim=1) / (weight * x * x).sum(dim=1).clamp_min(1e-12)
    return slope, y - slope[:, None] * x
