"""Filters whose cutoff moves, without a step from sample to sample.

A filter is a small linear system, constant within a frame. What it does to a few samples in a row is
then one matrix, the same for every such group of the frame; only the state from group to group is a
recursion, of two numbers, and that is a scan in a logarithmic number of steps, in double precision.
"""

import torch
from torch import Tensor, nn

from synths.dsp import products
from synths.dsp.clock import Clock, group_size, settled

_LOWEST_HZ, _HIGHEST = 1.0, 0.49  # the highest as a share of the sample rate


def lowpass(audio: Tensor, cutoff_hz: Tensor, q: Tensor, clock: Clock) -> Tensor:
    """Second-order low-pass, 12 dB per octave. Args and source as in `state_variable`."""
    return state_variable(audio, cutoff_hz, q, clock, low=1.0)


def highpass(audio: Tensor, cutoff_hz: Tensor, q: Tensor, clock: Clock) -> Tensor:
    """Second-order high-pass, 12 dB per octave. Args and source as in `state_variable`."""
    return state_variable(audio, cutoff_hz, q, clock, high=1.0)


def bandpass(audio: Tensor, cutoff_hz: Tensor, q: Tensor, clock: Clock) -> Tensor:
    """Band-pass with a gain of 1 at its centre. Args and source as in `state_variable`."""
    return state_variable(audio, cutoff_hz, q, clock, band=1.0)


def state_variable(
    audio: Tensor,
    cutoff_hz: Tensor,
    q: Tensor,
    clock: Clock,
    *,
    low: Tensor | float = 0.0,
    band: Tensor | float = 0.0,
    high: Tensor | float = 0.0,
) -> Tensor:
    """A mix of the low-pass, band-pass and high-pass of one state-variable filter.

    With s = j tan(pi f / sample_rate) / tan(pi cutoff_hz / sample_rate):
    ``H = (low + band * s / q + high * s^2) / (1 + s / q + s^2)``.
    The state carries over when the cutoff moves, so a sweep neither clicks nor rings up.

    Args:
        audio: (batch, n_frames, hop).
        cutoff_hz: (batch, n_frames + 1), kept between 1 Hz and 0.49 of the sample rate; a frame has the
            geometric mean of its two ends.
        q: (batch,), resonance; 0.71 is flat, 0.5 does not ring.
        low, band, high: gain of each output, a number or (batch,).

    Returns:
        (batch, n_frames, hop).

    Source: Zavalishin, The Art of VA Filter Design, 2018, sections 4.1 to 4.4.
    """
    gains = (g[:, None] if isinstance(g, Tensor) else g for g in (low, band, high))
    return _run(audio, *_cells(cutoff_hz[:, None], q[:, None], clock, *gains), clock)


def resonators(audio: Tensor, centre_hz: Tensor, q: Tensor, gain: Tensor, clock: Clock) -> Tensor:
    """A sum of band-passes side by side.

    Args:
        audio: (batch, n_frames, hop).
        centre_hz: (batch, n, n_frames + 1).
        q: (batch, n).
        gain: (batch, n), of each at its centre.

    Returns:
        (batch, n_frames, hop).

    Source: as in `state_variable`.
    """
    return _run(audio, *_cells(centre_hz, q, clock, 0.0, gain, 0.0), clock)


def _cells(cutoff_hz, q, clock: Clock, low, band, high):
    """x' = A x + B u, y = C x + D u: A (2, 2, batch, n, frames), B and C (2, batch, n, frames), D (batch, frames)."""
    cutoff_hz = cutoff_hz.double().clamp(_LOWEST_HZ, _HIGHEST * clock.sample_rate)
    centre_hz = (cutoff_hz[:, :, 1:] * cutoff_hz[:, :, :-1]).sqrt()
    low, band, high = (g[:, :, None].double() if isinstance(g, Tensor) else g for g in (low, band, high))
    g, k = torch.tan(torch.pi * centre_hz / clock.sample_rate), 1 / q[:, :, None].double()
    # Names and equations of section 4.3: v1 is the band-pass, v2 the low-pass, x the two integrators.
    a1 = 1 / (1 + g * (g + k))
    a2, a3 = g * a1, g * g * a1
    to_v1, to_v2 = (a1, -a2, a2), (a2, 1 - a3, a3)
    A = torch.stack([2 * a1 - 1, -2 * a2, 2 * a2, 1 - 2 * a3]).unflatten(0, (2, 2))
    B = torch.stack([2 * a2, 2 * a3])
    # high = u - k v1 - v2, and the band-pass is k v1.
    C1, C2, D = (k * (band - high) * v1 + (low - high) * v2 for v1, v2 in zip(to_v1, to_v2, strict=True))
    return A, B, torch.stack([C1, C2]), (D + high).sum(dim=1)


def _run(audio: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, clock: Clock) -> Tensor:
    n = group_size(clock.hop)
    groups = settled(audio).unflatten(2, (-1, n))  # (batch, frames, m, n)
    reach = _powers(C, A, n)  # C A^i: (n, 2, batch, filters, frames)
    gather = _powers(B, A.transpose(0, 1), n).flip(0)  # A^(n - 1 - i) B
    impulse = torch.cat([D[None], (reach[:-1] * B).sum(dim=(1, 3))])  # (n, batch, frames)

    gather = gather.permute(2, 4, 0, 3, 1).flatten(3).to(clock.dtype)
    driven = products.matmul(groups, gather)  # (batch, frames, m, filters x 2)
    driven = driven.double().unflatten(3, (-1, 2)).permute(4, 0, 3, 1, 2).flatten(3)
    step = _power(A, n)[..., None].expand(*A.shape, groups.shape[2]).flatten(4)
    state = _scan(step, driven).unflatten(3, (-1, groups.shape[2])).permute(1, 3, 4, 2, 0).flatten(3)

    impulse, reach = impulse.to(clock.dtype), reach.to(clock.dtype)
    response = torch.cat([_toeplitz(impulse), reach.permute(2, 4, 3, 1, 0).flatten(2, 3)], dim=2)
    return products.matmul(torch.cat([groups, state.to(clock.dtype)], dim=3), response).flatten(2)


def _powers(row: Tensor, A: Tensor, n: int) -> Tensor:
    """row A^i for i < n, by doubling: (2, ...) and (2, 2, ...) -> (n, 2, ...)."""
    rows = row[None]
    while len(rows) < n:
        rows = torch.cat([rows, rows[:, :1] * A[0] + rows[:, 1:] * A[1]])
        A = _product(A, A)
    return rows[:n]


def _power(A: Tensor, n: int) -> Tensor:
    if n == 1:
        return A
    power = _power(_product(A, A), n // 2)
    return _product(power, A) if n % 2 else power


def _toeplitz(impulse: Tensor) -> Tensor:
    """(n, batch, frames) -> (batch, frames, n, n), from sample i to sample j: impulse[j - i]."""
    n = len(impulse)
    padded = nn.functional.pad(impulse.permute(1, 2, 0), (n - 1, 0))
    # Every row of the matrix is the same numbers, moved on by one.
    return settled(padded.contiguous()).unfold(-1, n, 1).flip(-2)


def _scan(A: Tensor, b: Tensor) -> Tensor:
    """x_0 = 0, x_(k+1) = A_k x_k + b_k, in log2(steps) rounds: A (2, 2, ..., steps), b and x (2, ..., steps)."""
    steps = b.shape[-1]
    if steps == 1:
        return torch.zeros_like(b)
    if steps % 2:
        x = _scan(A[..., :-1], b[..., :-1])
        return torch.cat([x, _apply(A[..., -2:-1], x[..., -1:]) + b[..., -2:-1]], dim=-1)
    A_even, A_odd, b_even, b_odd = A[..., 0::2], A[..., 1::2], b[..., 0::2], b[..., 1::2]
    even = _scan(_product(A_odd, A_even), _apply(A_odd, b_even) + b_odd)
    return torch.stack([even, _apply(A_even, even) + b_even], dim=-1).flatten(-2)


# Written out: so many products of two by two are many times slower as calls of a matrix library.
def _product(A: Tensor, B: Tensor) -> Tensor:
    return A[:, :1] * B[:1] + A[:, 1:] * B[1:]


def _apply(A: Tensor, x: Tensor) -> Tensor:
    return A[:, 0] * x[0] + A[:, 1] * x[1]
