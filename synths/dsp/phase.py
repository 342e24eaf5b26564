"""Phase of oscillators, without a scan at audio rate.

Frequencies live at frame boundaries. Where pitch moves in a straight line of semitones between two
boundaries, frequency moves geometrically and its integral has a closed form; so only the phase at the
start of each frame is a cumulative sum, short and in double precision, and inside a frame phase is a
formula in the sample's offset.
"""

import torch
from torch import Tensor

from synths.dsp.clock import Clock, settled


def glide(frequency_hz: Tensor, initial_rad: Tensor, clock: Clock) -> Tensor:
    """Phase of an oscillator whose pitch glides between frame boundaries.

    Within frame k, at offset u in [0, 1):
    ``phase = start_k + a_k * u * g(l_k * u)`` with ``g(x) = (exp(x) - 1) / x``,
    ``a_k = f_k * hop / sample_rate`` and ``l_k = ln(f_{k+1} / f_k)``.

    Args:
        frequency_hz: (batch, n_frames + 1), positive; the clock's pitch wheel bends it.
        initial_rad: (batch,), phase at time 0 in radians.

    Returns:
        (batch, n_frames, hop) in turns, within half a turn of 0.
    """
    if clock.bend is not None:
        frequency_hz = frequency_hz * torch.exp2(clock.bend / 12)
    rate = torch.log(frequency_hz[:, 1:] / frequency_hz[:, :-1])
    cycles = frequency_hz[:, :-1] * clock.frame_s
    start = _starts(cycles * _growth(rate), initial_rad)
    start, cycles, rate = (settled(x.to(clock.dtype))[:, :, None] for x in (start, cycles, rate))
    u = clock.offsets()
    phase = start + cycles * u * _growth(rate * u)
    return phase - phase.round()


def accumulate(frequency_hz: Tensor, initial_rad: Tensor, clock: Clock) -> Tensor:
    """Phase at the frame boundaries of an oscillator whose frequency moves in straight lines.

    Args:
        frequency_hz: (batch, n_frames + 1).
        initial_rad: (batch,), phase at time 0 in radians.

    Returns:
        (batch, n_frames + 1) in turns, within half a turn of 0.
    """
    cycles = (frequency_hz[:, 1:] + frequency_hz[:, :-1]) / 2 * clock.frame_s
    return _starts(torch.nn.functional.pad(cycles, (0, 1)), initial_rad)


def _starts(cycles: Tensor, initial_rad: Tensor) -> Tensor:
    turns = initial_rad[:, None] / (2 * torch.pi) + cycles.cumsum(dim=1) - cycles
    return turns - turns.round()


def _growth(x: Tensor) -> Tensor:
    small = x.abs() < 1e-2
    safe = torch.where(small, 1.0, x)
    series = 1 + x / 2 * (1 + x / 3 * (1 + x / 4))
    return torch.where(small, series, torch.expm1(safe) / safe)
