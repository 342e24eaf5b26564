"""Envelopes of four rates and four levels: a level is approached at a rate, however long that takes."""

import math

import torch
from torch import Tensor

FLOOR_DB = -95.0  # silence
# A rise slows down towards this level above full level, and begins no lower than the second.
_CEILING_DB, _JUMP_DB = 12.04, -49.95
_OCTAVE_DB = 20 * math.log10(2)


def slope(rate: Tensor, faster: Tensor) -> Tensor:
    """How fast an envelope falls, in dB per second: ``0.2819 * 2 ** (rate * 41 / 256 - 1 / 8 + faster)``.

    Args:
        rate: in [0, 99].
        faster: in octaves, of keyboard rate scaling; broadcasts with rate.
    """
    return 0.2819 * torch.exp2((rate * 41 / 256 - 1 / 8 + faster).clamp_max(63 / 4))


def hold_s(rate: Tensor) -> Tensor:
    """How long an envelope holds a level that equals the one before, in seconds."""
    return 44 * torch.exp2(-rate / 6.1)


def level_db(
    time_s: Tensor, note_on_s: Tensor, levels_db: tuple[Tensor, ...], rates: tuple[Tensor, ...], faster: Tensor
) -> Tensor:
    """Level of an operator over time.

    It starts at the fourth level, goes to the first, the second and the third, holds that while the key is down, and
    goes back to the fourth from wherever it is when the key is released. Falls are straight lines in dB. A rise of
    slope s obeys ``d level / dt = s * (12 dB - level) / 6 dB``: fast below, slower near the top.

    Args:
        time_s: (n,), in seconds.
        note_on_s: (batch,), how long the key is held.
        levels_db: four of (batch,), 0 is full level, output level included; at least `FLOOR_DB`.
        rates: four of (batch,), in [0, 99].
        faster: (batch,), see `slope`.

    Returns:
        (batch, n) in dB.

    Source: Raph Levien, music-synthesizer-for-android, notes on the DX7's envelope, 2012; times of holds as measured
    in Dexed, `Env`. On the hardware two or three rates share a slope, which lies within 10 % of this one, and a rise
    changes its slope every 6 dB.
    """
    slopes = tuple(slope(rate, faster)[:, None] for rate in rates)
    *on_db, end_db = (level[:, None] for level in levels_db)
    starts_s, before_db = [torch.zeros_like(end_db)], end_db
    for target_db, speed, rate in zip(on_db, slopes, rates, strict=False):
        starts_s.append(starts_s[-1] + _duration_s(before_db, target_db, speed, rate[:, None]))
        before_db = target_db

    def held_db(at_s: Tensor) -> Tensor:
        stages_db, from_db = [], end_db
        for target_db, speed, start_s in zip(on_db, slopes, starts_s, strict=False):
            stages_db.append(_towards(from_db, target_db, speed, at_s - start_s))
            from_db = target_db
        first, second, third = stages_db
        return torch.where(at_s < starts_s[1], first, torch.where(at_s < starts_s[2], second, third))

    let_go_s = note_on_s[:, None]
    release_db = _towards(held_db(let_go_s), end_db, slopes[3], time_s - let_go_s)
    return torch.where(time_s < let_go_s, held_db(time_s), release_db)


def amplitude(db: Tensor) -> Tensor:
    """Amplitude of a level: 1 at 0 dB, and 0 at `FLOOR_DB` and below."""
    floor = 10 ** (FLOOR_DB / 20)
    return (10 ** (db.clamp_min(FLOOR_DB) / 20) - floor) / (1 - floor)


def straight(time_s: Tensor, note_on_s: Tensor, levels: tuple[Tensor, ...], slopes: tuple[Tensor, ...]) -> Tensor:
    """The same course in straight lines, of pitch say.

    Args:
        time_s, note_on_s: as in `level_db`.
        levels: four of (batch,), in any unit.
        slopes: four of (batch,), positive, in that unit per second.

    Returns:
        (batch, n), in that unit.
    """
    *on, end = (level[:, None] for level in levels)
    speeds = tuple(speed[:, None] for speed in slopes)

    def held(at_s: Tensor) -> Tensor:
        value, start_s, before = end, torch.zeros_like(end), end
        for target, speed in zip(on, speeds, strict=False):
            gone = ((at_s - start_s) * speed).clamp_min(0)
            value = value + (target - before).sign() * torch.minimum(gone, (target - before).abs())
            start_s, before = start_s + (target - before).abs() / speed, target
        return value

    let_go_s = note_on_s[:, None]
    at_release = held(let_go_s)
    gone = ((time_s - let_go_s) * speeds[3]).clamp_min(0)
    release = at_release + (end - at_release).sign() * torch.minimum(gone, (end - at_release).abs())
    return torch.where(time_s < let_go_s, held(time_s), release)


def _duration_s(from_db: Tensor, to_db: Tensor, speed: Tensor, rate: Tensor) -> Tensor:
    low_db = from_db.clamp_min(_JUMP_DB)
    rise_s = ((_CEILING_DB - low_db) / (_CEILING_DB - to_db)).clamp_min(1).log() * _OCTAVE_DB / speed
    fall_s = (from_db - to_db) / speed
    return torch.where(to_db > from_db, rise_s, torch.where(to_db < from_db, fall_s, hold_s(rate)))


def _towards(from_db: Tensor, to_db: Tensor, speed: Tensor, after_s: Tensor) -> Tensor:
    after_s = after_s.clamp_min(0)
    left = torch.exp(-after_s * speed / _OCTAVE_DB)
    risen_db = _CEILING_DB - (_CEILING_DB - from_db.clamp_min(_JUMP_DB)) * left
    fallen_db = from_db - speed * after_s
    return torch.where(to_db > from_db, torch.minimum(risen_db, to_db), torch.maximum(fallen_db, to_db))
