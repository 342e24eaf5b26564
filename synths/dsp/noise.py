"""Noise as a hash of (key, sample): no generator, no buffer, the same in any batch."""

import torch
from torch import Tensor

from synths.dsp.clock import Clock


def white(key: Tensor, clock: Clock) -> Tensor:
    """White noise, uniform in [-1, 1].

    Each row counts through its samples with a stride of its own and hashes the count, so that rows are
    not shifted copies of each other.

    Args:
        key: int64 (batch,), from `synths.random.keys`.

    Returns:
        (batch, n_frames, hop).

    Source: Wellons, Prospecting for Hash Functions, 2018 (lowbias32).
    """
    n = clock.n_frames * clock.hop
    sample = torch.arange(n, device=key.device, dtype=torch.int32).view(clock.n_frames, clock.hop)
    start, stride = (key << 32 >> 32).to(torch.int32), (key >> 32).to(torch.int32) | 1
    x = start[:, None, None] + stride[:, None, None] * sample
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B - (1 << 32))):
        x ^= _shift_right(x, shift)
        x *= factor
    x ^= _shift_right(x, 16)
    return x.to(clock.dtype) * 2.0**-31


def _shift_right(x: Tensor, n_bits: int) -> Tensor:
    return (x >> n_bits).bitwise_and_((1 << (32 - n_bits)) - 1)  # torch shifts in copies of the sign bit
