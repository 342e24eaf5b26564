"""Velocity keyboard: pitch, duration and velocity of a note."""

from typing import NamedTuple

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.keyboard import Keyboard
from synths.modules.module import Module
from synths.parameters import Parameter


class Note(NamedTuple):
    """One note: its MIDI number, the time its key is held in s, and its velocity from 1 to 127; each (batch,)."""

    midi: Tensor
    on_s: Tensor
    velocity: Tensor


class VelocityKeyboard(Module):
    """One key of a keyboard that measures how hard it is pressed, at time 0.

    Args:
        lowest, highest: its first and last key, as MIDI note numbers.
    """

    knobs = (
        *Keyboard.knobs,
        Parameter("velocity", 1, 127, curve=2, doc="how hard the key is pressed; patches are made for 100"),
        Parameter("transpose", -24, 24, "semitone", curve=0.2, symmetric=True, doc="shift of the whole keyboard"),
    )

    def __init__(self, lowest: float, highest: float):
        self.knobs = (*Keyboard(lowest, highest).knobs, *type(self).knobs[2:])

    def forward(self, clock: Clock, *, midi_f0: Tensor, duration: Tensor, velocity: Tensor, transpose: Tensor) -> Note:
        """Returns the note."""
        return Note(midi_f0 + transpose, duration, velocity)
