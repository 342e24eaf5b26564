"""Tremolo: periodic modulation of the level."""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.frames import Frames
from doppelganger.labels.measure.pitch import slow_wave

FACTS = (
    Fact("tremolo_hz", "Hz", 1.15, True, "rate of the tremolo"),
    Fact("tremolo", "ratio", 0.1, False, "depth of the tremolo: 1 is down to silence"),
)

_BETWEEN_HZ = (2.5, 20.0)
_SMOOTH_S, _SHORTEST_S = 0.4, 0.4


def measure(frames: Frames) -> dict[str, Tensor]:
    """Facts of tremolo, each (batch,); nan without tremolo, or if it lasts less than two periods."""
    envelope = frames.envelope / frames.peak
    width = min(2 * round(_SMOOTH_S / 2 / frames.block_s) + 1, 2 * ((envelope.shape[1] - 1) // 2) + 1)
    slow = avg_pool1d(envelope, width, stride=1, padding=width // 2, count_include_pad=False)
    slow = avg_pool1d(slow, width, stride=1, padding=width // 2, count_include_pad=False)
    # The edges of a note would count as a wave.
    margin = width // 2
    audible = slow > 0.1
    audible[:, :margin] = False
    audible[:, envelope.shape[1] - margin :] = False
    n = audible.sum(dim=1)
    wave = torch.where(audible, envelope / slow.clamp_min(1e-3) - 1, 0)
    wave = torch.where(audible, wave - (wave.sum(dim=1) / n.clamp_min(1))[:, None], 0).nan_to_num()
    rate_hz, share = slow_wave(wave, frames.block_s, _BETWEEN_HZ)
    depth = (2 * wave.square().sum(dim=1) / n.clamp_min(1)).sqrt()
    depth = depth / torch.sinc(rate_hz * frames.smoothed_s)  # the envelope is a mean, which flattens a wave
    long = n * frames.block_s > torch.clamp(2 / rate_hz, min=_SHORTEST_S - 2 * margin * frames.block_s)
    modulated = long & (share > 0.5) & (depth > 0.08) & ~frames.peak[:, 0].isnan()
    return {
        "tremolo_hz": rate_hz.where(modulated, math.nan),
        "tremolo": depth.clamp_max(1).where(modulated, math.nan),
    }
