"""Phase of oscillators, without a scan at audio rate.

Frequencies live at frame boundaries. Where pitch moves in a straight line of semitones between two
boundaries, frequency moves geometrically and its integral has a closed form; so only the phase at the
start of each frame is a cumulative sum, short and in double precision, and inside a frame phase is a
formula in the sample's offset. It is evaluated for groups of samples: every group starts at its own phase and
runs through the same course, only faster, so that a sample costs one multiplication and one addition.
"""

import torch
from torch import Tensor

from synths.dsp.clock import Clock, group_size, settled


def glide(frequency_hz: Tensor, initial_rad: Tensor, clock: Clock) -> Tensor:
    """Phase of an oscillator whose pitch glides between frame boundaries.

    Within frame k, at offset u in [0, 1):
    ``phase = start_k + a_k * grown(u)`` with ``grown(u) = (exp(l_k * u) - 1) / l_k``,
    ``a_k = f_k * hop / sample_rate`` and ``l_k = ln(f_{k+1} / f_k)``. For a group of samples that begins at u,
    ``grown(u + v) = grown(u) + exp(l_k * u) * grown(v)``.

    Args:
        frequency_hz: (batch, n_frames + 1), positive; the clock's pitch wheel bends it.
        initial_rad: (batch,), phase at time 0 in radians.

    Returns:
        (batch, n_frames, hop) in turns, within half a turn of 0.
    """
    frequency_hz = clock.bent(frequency_hz)
    rate = torch.log(frequency_hz[:, 1:] / frequency_hz[:, :-1])
    cycles = frequency_hz[:, :-1] * clock.frame_s
    start = _starts(cycles * _growth(rate), initial_rad)

    n = group_size(clock.hop)
    groups = torch.arange(0, clock.hop, n, device=clock.device, dtype=torch.float64) / clock.hop
    start, cycles, rate = (x[:, :, None] for x in (start, cycles, rate))
    grown = settled(groups * _growth(rate * groups))  # Triton 3.6 fails on one kernel for both precisions
    turns = start + cycles * grown
    turns, faster = (settled(x.to(clock.dtype))[..., None] for x in (turns - turns.round(), 1 + rate * grown))

    cycles, rate = cycles.to(clock.dtype), rate.to(clock.dtype)
    inside = clock.offsets()[:n]
    course = settled(cycles * inside * _growth(rate * inside))[:, :, None]
    phase = torch.addcmul(turns, faster, course).flatten(2)
    if clock.device.type == "cpu":  # in its cache; a GPU computes a sample faster than it writes and reads one
        phase = settled(phase)
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
