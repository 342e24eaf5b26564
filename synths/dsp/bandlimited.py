"""Saws and pulses without aliasing, as a function of phase.

A saw is a ramp that jumps once per turn. A low-pass filter leaves the ramp and turns the jump into a smooth step a few
samples wide; for a suitable filter the step has a closed form.
"""

import math

import torch
from numpy.polynomial import hermite_e
from torch import Tensor

from synths.dsp.clock import Clock

# The filter: flat to the sixth order, 4 dB down at half of Nyquist, 55 dB down at Nyquist.
_ORDER, _SIGMA = 3, 1.58  # samples
# Beyond this many sigmas the step is a jump to within -60 dB of the top harmonic of a high note.
_REACH = 4.5
_HIGHEST_HZ = 2093.0  # MIDI 96


def saw(phase: Tensor, frequency_hz: Tensor, clock: Clock) -> Tensor:
    """A saw that falls from 1 to -1 where phase is 0, without aliasing.

    ``saw = 2 phase - sum over n of step((phase - n) * sample_rate / frequency_hz)``, with the step
    response of a low-pass filter in place of a jump. Harmonics that fold back lie at least 60 dB under
    the fundamental up to MIDI 96, at 16 kHz and above.

    Args:
        phase: (batch, n_frames, hop), in turns, within half a turn of 0.
        frequency_hz: (batch, n_frames + 1), as given to `phase.glide`: the clock's pitch wheel bends it.

    Returns:
        (batch, n_frames, hop) within [-1.2, 1.2].
    """
    return _saw(phase, _widths(frequency_hz, clock), clock)


def saw_pulse(phase: Tensor, frequency_hz: Tensor, shape: Tensor, width: Tensor, clock: Clock) -> Tensor:
    """A wave between a saw and a pulse, without aliasing: a saw less `shape` times itself, `width` of a turn later.

    Harmonics that fold back lie at least 60 dB under the fundamental of any pulse from 0.05 wide, up to MIDI 96 at
    44.1 kHz.

    Args:
        phase, frequency_hz: as in `saw`.
        shape: (batch,), 0 is a saw, 1 a pulse without an offset.
        width: (batch,) in (0, 1), the part of a turn in which a pulse is up; 0.5 is a square.

    Returns:
        (batch, n_frames, hop) within [-2.2, 2.2].
    """
    widths = _widths(frequency_hz, clock)
    later = phase + clock.constant(width)
    saw_later = _saw(later - later.round(), widths, clock)
    return _saw(phase, widths, clock) - clock.constant(shape) * saw_later


def _widths(frequency_hz: Tensor, clock: Clock) -> Tensor:
    """Sigma of the filter, in turns, at every sample."""
    return clock.to_audio(_SIGMA * (clock.bent(frequency_hz) / clock.sample_rate).clamp_min(1e-6))


def _saw(phase: Tensor, widths: Tensor, clock: Clock) -> Tensor:
    # The steps of neighbouring turns matter where a turn is shorter than a step.
    reach = max(0, math.ceil(_REACH * _SIGMA * _HIGHEST_HZ / clock.sample_rate - 0.5))
    out = 2 * phase
    for turn in range(-reach, reach + 1):
        out = out - _step((phase - turn) / widths)
    return out


def _step(sigmas: Tensor) -> Tensor:
    """From -1 to 1: the step response of the filter exp(-u) (1 + u + u^2/2 + u^3/6), u = (sigma w)^2 / 2.

    A Gaussian, and its even derivatives, which flatten it: their integrals are Hermite polynomials
    times the Gaussian.
    """
    # At 8 sigmas the step is 1 to a part in 10^13; further out, the Gaussian is a denormal number, which is slow.
    t = sigmas.clamp(-8, 8)
    square = t * t
    *lower, highest = _POLYNOMIAL
    flatten = torch.full_like(t[..., :1], highest)
    for coefficient in reversed(lower):
        flatten = flatten * square + coefficient
    return torch.addcmul(torch.erf(t * math.sqrt(0.5)), flatten * t, torch.exp(square * -0.5))


def _polynomial() -> list[float]:
    hermite = [0.0] * (2 * _ORDER)
    for j in range(1, _ORDER + 1):
        hermite[2 * j - 1] = -2 * (-0.5) ** j / math.factorial(j) / math.sqrt(2 * math.pi)
    return hermite_e.herme2poly(hermite)[1::2].tolist()


_POLYNOMIAL = _polynomial()
