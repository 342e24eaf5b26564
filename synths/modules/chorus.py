"""Chorus: delayed copies whose delays move."""

import torch
from torch import Tensor

from synths.dsp import delays
from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter

_DELAY_S, _N_VOICES = 0.010, 3


class Chorus(Module):
    """Three copies, delayed by about 10 ms each and slowly moving, a third of a turn apart."""

    knobs = (
        Parameter("rate", 0.1, 5, "Hz", curve=0.5, doc="how fast the copies move"),
        Parameter("depth", 0, 0.005, "s", curve=0.5, doc="how far their delay moves"),
        Parameter("mix", 0, 1, "ratio", doc="level of the copies"),
    )

    def forward(self, clock: Clock, audio: Tensor, *, rate: Tensor, depth: Tensor, mix: Tensor) -> Tensor:
        """Takes audio; returns it with its copies."""
        copies = torch.zeros_like(audio)
        for voice in range(_N_VOICES):
            turns = rate[:, None] * clock.boundaries_s() + voice / _N_VOICES
            delay_s = _DELAY_S + depth[:, None] * torch.sin(2 * torch.pi * turns)
            copies = copies + delays.delayed(audio, delay_s, clock)
        return audio + clock.constant(mix) * copies / _N_VOICES
