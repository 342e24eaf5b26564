"""Modal synthesis: sums of decaying sines, as one matrix product per sound.

A decaying sine at the start of a frame, turned by the time since, is the sine at that time. So every
frame is a row of starts times one table of turns, the same for all frames: 2 * n_modes multiplications
per sample at the speed of a matrix product.
"""

import torch
from torch import Tensor

from synths.dsp import envelopes, partials, products
from synths.dsp.clock import Clock


def ring(frequency_hz: Tensor, decay_s: Tensor, amplitude: Tensor, initial_rad: Tensor, clock: Clock) -> Tensor:
    """``sum over modes of amplitude * 10 ** (-3 t / decay_s) * cos(2 pi frequency_hz t + initial_rad)``

    Modes fade out below Nyquist and are silent above.

    Args:
        frequency_hz: (batch, n_modes).
        decay_s: (batch, n_modes), time to fall by 60 dB.
        amplitude: (batch, n_modes).
        initial_rad: (batch, n_modes), phase at time 0 in radians.

    Returns:
        (batch, n_frames, hop).
    """
    start_s = clock.boundaries_s()[:-1, None]
    turns = frequency_hz[:, None] * start_s + initial_rad[:, None] / (2 * torch.pi)
    nyquist_hz = clock.sample_rate / 2
    audible = ((nyquist_hz - frequency_hz) / (0.1 * nyquist_hz)).clamp(0, 1)
    level = (amplitude * audible)[:, None] * envelopes.fall(start_s, decay_s[:, None])
    level = level.to(clock.dtype)
    start = torch.cat([level * x for x in partials.cos_sin(turns, clock.dtype)], dim=2)  # (batch, n_frames, 2 n_modes)

    offset_s = clock.offsets().double() * clock.frame_s
    fall = envelopes.fall(offset_s, decay_s[:, :, None]).to(clock.dtype)
    cos, sin = (fall * x for x in partials.cos_sin(frequency_hz[:, :, None] * offset_s, clock.dtype))
    return products.matmul(start, torch.cat([cos, -sin], dim=1))
