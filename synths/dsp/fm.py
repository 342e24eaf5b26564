"""Frequency modulation at audio rate."""

import torch
from torch import Tensor

from synths.dsp.clock import Clock


def modulated(carrier_hz: Tensor, depth: Tensor, modulator: Tensor, initial_rad: Tensor, clock: Clock) -> Tensor:
    """Phase of an oscillator whose frequency follows audio.

    The sum of ``f[n] = clip(carrier_hz * (1 + depth * modulator[n]), 0, sample_rate / 2)`` over the samples
    before. It runs over the samples of a frame and, in double precision, over the frames: no scan is
    longer than a frame.

    Args:
        carrier_hz: (batch,), positive; the clock's pitch wheel bends it in steps of a frame.
        depth: (batch,), deviation of frequency as a multiple of the carrier's.
        modulator: (batch, n_frames, hop), audio.
        initial_rad: (batch,), phase at time 0 in radians.

    Returns:
        (batch, n_frames, hop) in turns, within half a turn of 0.

    Gradient: zero through the samples that are held at 0 or at half the sample rate.
    """
    step, depth, initial_rad = (x[:, None, None] for x in (carrier_hz / clock.sample_rate, depth, initial_rad))
    if clock.bend is not None:
        step = step * torch.exp2((clock.bend[:, 1:] + clock.bend[:, :-1]) / 24)[:, :, None]
    # In multiples of the carrier, whose own frequency is then rounded nowhere.
    ratio = (1 + depth.to(clock.dtype) * modulator).clamp_min(0)
    ratio = torch.minimum(ratio, (0.5 / step).to(clock.dtype))
    total = step * ratio.sum(dim=2, keepdim=True, dtype=torch.float64)
    start = initial_rad / (2 * torch.pi) + total.cumsum(dim=1) - total
    start = (start - start.round()).to(clock.dtype)
    turns = start + step.to(clock.dtype) * (ratio.cumsum(dim=2) - ratio)
    return turns - turns.round()
