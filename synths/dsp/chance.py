"""Random signals as functions of a noise key: further keys, random impulses and slow control signals."""

import torch
from torch import Tensor

from synths.dsp import noise
from synths.dsp.clock import Clock

_STRIDE = 0x1E3779B97F4A7C15


def another(key: Tensor, number: int | Tensor) -> Tensor:
    """A further noise key for each number.

    Args:
        key: int64, noise keys.
        number: from 1 on; broadcasts with key.
    """
    return key + number * _STRIDE


def drops(key: Tensor, rate_hz: Tensor, clock: Clock) -> Tensor:
    """Impulses at random times, of random sign and height in (0, 1).

    A drop falls at a sample where white noise comes within ``rate_hz / sample_rate`` of its ends, and is as high as
    it comes near: times between drops are distributed exponentially.

    Args:
        key: int64 (batch,), noise keys.
        rate_hz: (batch, n_frames + 1), drops per second.

    Returns:
        (batch, n_frames, hop), 0 between drops.
    """
    share = clock.to_audio(rate_hz / clock.sample_rate).clamp(1e-9, 1)
    white = noise.white(key, clock)
    return white.sign() * ((white.abs() - (1 - share)) / share).clamp_min(0)


def wander(key: Tensor, rate_hz: Tensor, clock: Clock) -> Tensor:
    """A control signal that moves smoothly between random values, `rate_hz` of them per second.

    Args:
        key: int64 (batch,), noise keys.
        rate_hz: (batch,), at most one value per frame.

    Returns:
        (batch, n_frames + 1) in [-1, 1].

    Source: Perlin, An Image Synthesizer, SIGGRAPH 1985: noise between the points of a grid.
    """
    values = noise.white(key, Clock(clock.sample_rate, 1, clock.n_frames + 2, clock.device, torch.float64))[:, :, 0]
    place = clock.boundaries_s() * rate_hz.clamp(max=1 / clock.frame_s)[:, None]
    before = place.detach().floor()
    near = place - before
    before = before.long().clamp(0, clock.n_frames)
    start, end = values.gather(1, before), values.gather(1, before + 1)
    return start + (end - start) * near * near * (3 - 2 * near)
