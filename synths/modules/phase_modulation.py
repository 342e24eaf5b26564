"""Phase modulation of an operator by others, as deep as it does not alias."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.operator import FULL_INDEX, MARGIN

_SIDEBANDS = 3.0  # see `order`


class Modulator(NamedTuple):
    """Output of an operator: a sine of amplitude 1, its level, the fastest its phase moves and its highest partial."""

    audio: Tensor  # (batch, n_frames, hop)
    level: Tensor  # (batch, n_frames + 1)
    fastest_hz: Tensor  # (batch, n_frames + 1)
    highest_hz: Tensor  # (batch, n_frames + 1)


def modulated(
    turns: Tensor, frequency_hz: Tensor, modulators: Sequence[tuple[Tensor, Modulator]], clock: Clock
) -> tuple[Tensor, Tensor, Tensor]:
    """Phase of an operator, moved by others as far as it does not alias.

    A modulator of index I moves the frequency by up to ``I * fastest_hz``; beyond that, sidebands fall to -60 dB over
    ``3 I^(1/3) highest_hz``. As in `operators.order`, but of modulators that are no sines.

    Args:
        turns: (batch, n_frames, hop), its own phase.
        frequency_hz: (batch, n_frames + 1), its own frequency.
        modulators: each with its gain (batch,).

    Returns:
        (batch, n_frames, hop) in turns; the fastest its phase moves and its highest partial, (batch, n_frames + 1).
    """
    fastest_hz = highest_hz = frequency_hz
    n_wired = sum((gain for gain, _ in modulators), torch.zeros_like(frequency_hz[:, 0])).clamp_min(1)
    for gain, m in modulators:
        room_hz = (clock.sample_rate / 2 - frequency_hz) / n_wired[:, None]
        largest = _largest_index(room_hz, m.fastest_hz, m.highest_hz)
        index = torch.minimum(gain[:, None] * m.level * FULL_INDEX, largest)
        fastest_hz = fastest_hz + index * m.fastest_hz
        highest_hz = highest_hz + index * m.fastest_hz + _SIDEBANDS * index.clamp_min(1e-9) ** (1 / 3) * m.highest_hz
        turns = turns + clock.to_audio(index / (2 * math.pi)) * m.audio
    return turns, fastest_hz, highest_hz


def _largest_index(room_hz: Tensor, fastest_hz: Tensor, highest_hz: Tensor) -> Tensor:
    """The I of ``I fastest_hz + 3 I^(1/3) highest_hz = room_hz - MARGIN highest_hz``, by Cardano's formula."""
    room = ((room_hz - MARGIN * highest_hz) / fastest_hz).clamp_min(0)
    wide = (_SIDEBANDS / 3 * highest_hz / fastest_hz).sqrt()
    return (2 * wide * torch.sinh(torch.asinh(room / (2 * wide**3)) / 3)) ** 3
