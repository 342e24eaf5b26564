"""The three kinds of tone of AudioPG, each as a list of partials."""

from typing import NamedTuple

import torch
from torch import Tensor

SOURCES = ("harmonic", "fm", "saw", "square")
RATIOS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.14)
N_HARMONICS = 15
# At an index of 8 the sidebands beyond lie 80 dB below the loudest.
N_SIDEBANDS = 15


class Partials(NamedTuple):
    """Partials ``amplitude * sin(2 pi frequency_hz t + initial_rad)``, each (batch, n_partials)."""

    frequency_hz: Tensor
    amplitude: Tensor
    initial_rad: Tensor


def n_needed(source: Tensor, f0_hz: Tensor, index: Tensor, nyquist_hz: float) -> Tensor:
    """How many partials a tone may have below Nyquist: int64 (batch,)."""
    saw = nyquist_hz / f0_hz
    harmonic = saw.mul(1.01).clamp_max(N_HARMONICS)  # they are out of tune
    # Bessel functions fall off fast where the order passes the argument, over a width of its cube root.
    fm = 1 + 2 * (index + 3.5 * index ** (1 / 3)).ceil().clamp_max(N_SIDEBANDS)
    return torch.stack([harmonic, fm, saw, (saw + 1) / 2]).gather(0, source[None])[0].ceil().long()


def harmonic(f0_hz: Tensor, count: Tensor, knobs: tuple[Tensor, ...], n: int) -> Partials:
    """Partials of falling amplitude, each a little out of tune.

    Args:
        f0_hz, count: (batch,), how many there are.
        knobs: decay, level, phase and detune, each (batch, N_HARMONICS).
        n: how many to return, some of them silent.
    """
    decay, level, initial_rad, detune = (torch.nn.functional.pad(x, (0, n - N_HARMONICS)) for x in knobs)
    k = _count(f0_hz, n)
    amplitude = torch.where(k <= count[:, None], level * k**-decay, 0.0)
    return Partials(k * f0_hz[:, None] * detune, amplitude, initial_rad)


def fm(f0_hz: Tensor, index: Tensor, ratio: Tensor, n: int) -> Partials:
    """The carrier and the sidebands of ``sin(2 pi f0 t + index sin(2 pi ratio f0 t))``.

    Sideband m, at ``f0 (1 + m ratio)``, has the amplitude ``J_m(index)``, a Bessel function, which is a mean
    over one turn of the modulator.

    Source: Chowning, The Synthesis of Complex Audio Spectra by Means of Frequency Modulation, JAES 21(7), 1973.
    """
    k = torch.arange(n, device=f0_hz.device)
    order = torch.where(k % 2 == 0, -(k // 2), k // 2 + 1).double()  # 0, 1, -1, 2, -2, ...
    turn = torch.arange(64, dtype=torch.float64, device=f0_hz.device) * (2 * torch.pi / 64)
    swing = index[:, None] * torch.sin(turn)
    angle = order[:, None] * turn
    bessel = (torch.cos(swing) @ torch.cos(angle).T + torch.sin(swing) @ torch.sin(angle).T) / 64
    amplitude = torch.where(order.abs() <= N_SIDEBANDS, bessel, 0.0)
    frequency_hz = f0_hz[:, None] * (1 + order * ratio[:, None])
    return Partials(frequency_hz, amplitude, torch.zeros_like(amplitude))


def saw(f0_hz: Tensor, n: int) -> Partials:
    """A saw that rises from -1 to 1 and crosses 0 at time 0."""
    k = _count(f0_hz, n)
    amplitude = (2 / torch.pi / k * (-1) ** (k + 1)).expand(len(f0_hz), -1)
    return Partials(k * f0_hz[:, None], amplitude, torch.zeros_like(amplitude))


def square(f0_hz: Tensor, n: int) -> Partials:
    """A square that jumps from -1 to 1 at time 0."""
    k = 2 * _count(f0_hz, n) - 1
    amplitude = (4 / torch.pi / k).expand(len(f0_hz), -1)
    return Partials(k * f0_hz[:, None], amplitude, torch.zeros_like(amplitude))


def select(source: Tensor, tones: list[Partials]) -> Partials:
    """The tone of each row: the one whose number is in `source`, int64 (batch,)."""
    which = source[None, :, None].expand(1, -1, tones[0].frequency_hz.shape[1])
    return Partials(*(torch.stack(each).gather(0, which)[0] for each in zip(*tones, strict=True)))


def audible(tone: Partials, nyquist_hz: float) -> Partials:
    """The tone without partials above Nyquist; those in the last 2 % below it fade out."""
    there = ((nyquist_hz - tone.frequency_hz.abs()) / (0.02 * nyquist_hz)).clamp(0, 1)
    return tone._replace(amplitude=tone.amplitude * there)


def _count(f0_hz: Tensor, n: int) -> Tensor:
    return torch.arange(1, n + 1, dtype=torch.float64, device=f0_hz.device)
