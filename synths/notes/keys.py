"""Keys: which columns of theta a note sets, and how long it sounds."""

from collections.abc import Mapping

import torch
from torch import Tensor

from synths.dsp.bounds import between
from synths.modules.module import Module
from synths.notes.notes import Notes
from synths.notes.touch import Touch
from synths.parameters import ParameterSpace

_KEYBOARD = {"midi_f0", "duration"}  # knobs of a module that takes notes
# Delayed copies, as of a chorus, end after the release.
_DELAYED_S = 0.02


class Keys:
    """The columns of an instrument that a note sets.

    Args:
        rack: its modules by slot.
        touch: how it answers to notes.
        default_release_s: how long a note sounds on where no parameter says so.

    Raises:
        ValueError: `touch` names an unknown parameter.
    """

    def __init__(self, rack: Mapping[str, Module], touch: Touch, default_release_s: float):
        slots = [slot for slot, module in rack.items() if {knob.name for knob in module.knobs} >= _KEYBOARD]
        # Notes move knobs within the module's range, whatever a preset leaves of it.
        self.space = ParameterSpace.of({slot: module.knobs for slot, module in rack.items()})
        self.touch, self.default_release_s = touch, default_release_s
        self.pitch = [self.space.column(f"{slot}.midi_f0") for slot in slots]
        self.held = [self.space.column(f"{slot}.duration") for slot in slots]
        self.moved = {self.space.column(name): change for name, change in self.touch.knobs.items()}
        if self.touch.release is None:
            self.release = [i for i, name in enumerate(self.space.names) if name.endswith(".release")]
        else:
            self.release = [self.space.column(name) for name in self.touch.release]

    @property
    def longest_release_s(self) -> float:
        """The longest time that a note may sound on after its key is released."""
        if not self.release:
            return self.default_release_s
        return self.touch.rings * max(self.space[column].high for column in self.release) + _DELAYED_S

    def set(self, physical: Tensor, notes: Notes) -> Tensor:
        """Physical values (n_notes, n_parameters) with those that the notes set. The ranges of pitch and duration do
        not apply."""
        columns = list(physical.expand(len(notes), -1).unbind(dim=1))
        for column in self.pitch:
            columns[column] = notes.pitch
        for column in self.held:
            columns[column] = notes.seconds
        for column, change in self.moved.items():
            moved = columns[column] + change * self.touch.share(notes.velocity)
            columns[column] = between(moved, self.space[column].low, self.space[column].high)
        return torch.stack([column.double() for column in columns], dim=1)

    def gain(self, notes: Notes) -> Tensor:
        """The level of each note: (n_notes,)."""
        return 10 ** (self.touch.level_db / 20 * self.touch.share(notes.velocity))

    def length_s(self, physical: Tensor, notes: Notes) -> Tensor:
        """How long each note sounds: its key's time, where there is a key, and its release. (n_notes,), in s.

        `physical` is the patch as it is before `set`: velocity may move the release.
        """
        held_s = notes.seconds if self.held else torch.zeros_like(notes.seconds)
        if not self.release:
            return held_s + self.default_release_s
        release_s = self.set(physical, notes)[:, self.release].amax(dim=1)
        return held_s + self.touch.rings * release_s + _DELAYED_S

    def n_samples(self, physical: Tensor, notes: Notes, sample_rate: int) -> Tensor:
        """`length_s` in samples: int64 (n_notes,)."""
        return (self.length_s(physical, notes).detach() * sample_rate).ceil().long().clamp_min(1)
