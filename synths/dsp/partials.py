"""Additive synthesis: partials of steady frequency and moving gain, as one matrix product per sound.

A partial in the middle of a frame, turned by the time since, is the partial at that time, and a gain that
moves in a straight line is its value in the middle and its slope. So every frame is a row of middles and
slopes times a table of turns, the same for all frames. A gain is complex, its angle is a phase: a sum of
several cuts of one sound is one gain.
"""

import math

import torch
from torch import Tensor

from synths.dsp import products
from synths.dsp.clock import Clock, settled


def steady(frequency_hz: Tensor, real: Tensor, imaginary: Tensor, clock: Clock) -> Tensor:
    """``sum over k of real_k(t) cos(2 pi f_k t) - imaginary_k(t) sin(2 pi f_k t)``

    Args:
        frequency_hz: (batch, n_partials), at most half the sample rate up or down.
        real, imaginary: (batch, n_frames + 1, n_partials), gains at the frame boundaries.
        clock: of the sound.

    Returns:
        (batch, n_frames, hop).
    """
    cos, sin = _middles(frequency_hz, clock)
    middle, slope = (_turn(*gain, cos, sin) for gain in _middle_and_slope(real, imaginary, clock.hop))

    later = torch.arange(clock.hop, device=clock.device, dtype=torch.float64) - (clock.hop - 1) / 2
    cos, sin = cos_sin(frequency_hz[:, :, None] * (later / clock.sample_rate), clock.dtype)
    later = later.to(clock.dtype)
    table = torch.cat([cos, -sin, later * cos, -later * sin], dim=1)
    return products.matmul(torch.cat([*middle, *slope], dim=2), table)


def cos_sin(turns: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosine and sine of an angle in turns; of many turns, in double precision."""
    angle = (2 * torch.pi * (turns - turns.round())).to(dtype)
    return torch.cos(angle), torch.sin(angle)


def _middles(frequency_hz: Tensor, clock: Clock) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every partial in the middle of every frame: (batch, n_frames, n_partials) each.

    Frames come in rows: the turn to the start of a row, and from there on. So few cosines make many.
    """
    n_columns = math.isqrt(clock.n_frames - 1) + 1
    n_rows = -(-clock.n_frames // n_columns)
    frame, middle = (torch.arange(n, device=clock.device, dtype=torch.float64) for n in (n_rows, n_columns))
    rows_s, columns_s = frame * (n_columns * clock.frame_s), (middle + (1 - 1 / clock.hop) / 2) * clock.frame_s
    row, column = (
        [settled(x) for x in cos_sin(frequency_hz[:, None] * time_s[:, None], clock.dtype)]
        for time_s in (rows_s, columns_s)
    )
    cos, sin = _turn(*(x[:, :, None] for x in row), *(x[:, None] for x in column))
    return cos.flatten(1, 2)[:, : clock.n_frames], sin.flatten(1, 2)[:, : clock.n_frames]


def _middle_and_slope(real: Tensor, imaginary: Tensor, hop: int) -> list[tuple[Tensor, Tensor]]:
    slope = real.diff(dim=1) / hop, imaginary.diff(dim=1) / hop
    middle = real[:, :-1] + slope[0] * ((hop - 1) / 2), imaginary[:, :-1] + slope[1] * ((hop - 1) / 2)
    return [middle, slope]


def _turn(real: Tensor, imaginary: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    return real * cos - imaginary * sin, real * sin + imaginary * cos
