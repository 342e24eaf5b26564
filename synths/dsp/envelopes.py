"""Envelopes as functions of time."""

import math

import torch
from torch import Tensor

# Shortest slope, in seconds: keeps times of zero finite in value and gradient.
_SHORTEST_S = 1e-6


def adsr(
    time_s: Tensor,
    note_on_s: Tensor,
    attack_s: Tensor,
    decay_s: Tensor,
    sustain: Tensor,
    release_s: Tensor,
    alpha: Tensor,
) -> Tensor:
    """Attack, decay, sustain, release: the level of a note over time.

    The product of three slopes, each a ramp in [0, 1] raised to `alpha` (1 is linear). A note shorter
    than its attack climbs all the way within the note and skips the decay.

    Args:
        time_s: (n,), in seconds.
        note_on_s: (batch,), how long the key is held.
        attack_s, decay_s, release_s: (batch,), in seconds.
        sustain: (batch,), level in [0, 1].
        alpha: (batch,), exponent of the slopes.

    Returns:
        (batch, n) in [0, 1].

    Source: torchsynth 1.0.2, `ADSR`; there a decay or release of exactly zero never happens, here it is
    immediate, as a very short one is in both.
    """
    note_on_s, attack_s, decay_s, sustain, release_s, alpha = (
        x[:, None] for x in (note_on_s, attack_s, decay_s, sustain, release_s, alpha)
    )
    outlasts_attack = note_on_s > attack_s
    climb_s = torch.minimum(attack_s, note_on_s)
    fall_s = torch.minimum((note_on_s - attack_s).clamp_min(0), decay_s)
    attack = _power(_ramp(time_s, climb_s), alpha)
    fall = _power(1 - _ramp(time_s - climb_s, fall_s), alpha)
    decay = torch.where(outlasts_attack, sustain + (1 - sustain) * fall, 1.0)
    release = _power(1 - _ramp(time_s - note_on_s, release_s), alpha)
    return attack * decay * release


def _ramp(time_s: Tensor, duration_s: Tensor) -> Tensor:
    return (time_s / duration_s.clamp_min(_SHORTEST_S)).clamp(0, 1)


def _power(x: Tensor, alpha: Tensor) -> Tensor:
    # alpha below 1 has an infinite slope at 0.
    floor = 1e-6
    return torch.where(x > floor, x.clamp_min(floor) ** alpha, 0.0)


def fall(time_s: Tensor, decay_s: Tensor) -> Tensor:
    """An exponential fall from 1, by 60 dB in `decay_s`: ``10 ** (-3 time_s / decay_s)``.

    It stops at -240 dB: numbers too small for their type are slow on a CPU.

    Args:
        time_s: in seconds; broadcasts with decay_s.
        decay_s: in seconds, positive.

    Returns:
        in (0, 1].
    """
    return torch.exp2((time_s / decay_s * (-3 * math.log2(10))).clamp_min(-12 * math.log2(10)))
