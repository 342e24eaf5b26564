"""Keyboard: pitch and duration of a note."""

from dataclasses import replace

from torch import Tensor

from synths.dsp.clock import Clock
from synths.modules.module import Module
from synths.parameters import Parameter


class Keyboard(Module):
    """One key of a monophonic keyboard, pressed at time 0.

    Args:
        lowest, highest: its first and last key, as MIDI note numbers.

    Source: torchsynth 1.0.2, `MonophonicKeyboard`.
    """

    knobs = (
        Parameter("midi_f0", 0, 127, "semitone", doc="pitch as a MIDI note number; 69 is 440 Hz"),
        Parameter("duration", 0.01, 4, "s", curve=0.5, doc="how long the key is held"),
    )

    def __init__(self, lowest: float = 0, highest: float = 127):
        midi_f0, duration = type(self).knobs
        self.knobs = (replace(midi_f0, low=lowest, high=highest), duration)

    def forward(self, clock: Clock, *, midi_f0: Tensor, duration: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the pitch as a MIDI note (batch,) and the time the key is held in s (batch,)."""
        return midi_f0, duration
