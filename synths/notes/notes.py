"""Notes: a table of pitch, velocity, onset and length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from synths.notes.pitch import HIGHEST, midi_pitch

LOUDEST = 127


@dataclass(frozen=True)
class Notes:
    """Notes, one per row. Gradients flow through all columns but the onset.

    Args:
        pitch: (n_notes,), MIDI note numbers from 0 to 127, which may be fractional.
        velocity: (n_notes,), from 1 to 127.
        onset_s: (n_notes,), when the key is pressed, in s.
        seconds: (n_notes,), how long it is held, in s.

    Raises:
        ValueError: columns of different lengths, or values outside their ranges.
    """

    pitch: Tensor
    velocity: Tensor
    onset_s: Tensor
    seconds: Tensor

    def __post_init__(self):
        shapes = {tuple(getattr(self, field.name).shape) for field in fields(self)}
        if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
            raise ValueError(f"expected four columns of shape (n_notes,); got {', '.join(map(str, sorted(shapes)))}")
        _require("pitch", self.pitch, 0, HIGHEST, "a MIDI note number ")
        _require("velocity", self.velocity, 1, LOUDEST)
        _require("onset_s", self.onset_s, 0)
        _require("seconds", self.seconds, 0)

    @classmethod
    def of(cls, pitch: Any, velocity: Any = 100.0, onset_s: Any = 0.0, seconds: Any = 1.0) -> Notes:
        """Notes of columns, each a tensor, a sequence, or one value for all notes. A pitch may be a name, see
        `midi_pitch`."""
        named = [pitch] if isinstance(pitch, str) else pitch
        if isinstance(named, Sequence):
            named = [midi_pitch(each) for each in named]
        given = [torch.as_tensor(column, dtype=torch.float64) for column in (named, velocity, onset_s, seconds)]
        try:
            columns = torch.broadcast_tensors(*(column if column.ndim else column[None] for column in given))
        except RuntimeError:
            shapes = ", ".join(str(tuple(column.shape)) for column in given)
            raise ValueError(f"expected columns of one length; got {shapes}") from None
        return cls(*columns)

    @classmethod
    def of_rows(cls, rows: Iterable[Sequence[Any]]) -> Notes:
        """Notes of rows (onset_s, seconds, pitch, velocity), in the order of their onsets."""
        table = sorted(
            (float(on), float(held), midi_pitch(pitch), float(velocity)) for on, held, pitch, velocity in rows
        )
        onset_s, seconds, pitch, velocity = torch.tensor(table, dtype=torch.float64).reshape(-1, 4).unbind(dim=1)
        return cls(pitch, velocity, onset_s, seconds)

    @classmethod
    def joined(cls, parts: Sequence[Notes]) -> Notes:
        """The notes of several tables, one after the other."""
        return cls(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def __len__(self) -> int:
        return len(self.pitch)

    def __getitem__(self, rows: Any) -> Notes:
        """Some of the notes: a slice, a mask or indices."""
        return Notes(*(getattr(self, field.name)[rows] for field in fields(self)))

    def to(self, device: torch.device) -> Notes:
        return Notes(*(getattr(self, field.name).to(device) for field in fields(self)))


def _require(name: str, column: Tensor, low: float, high: float = float("inf"), kind: str = "a number ") -> None:
    if column.device.type != "cpu":
        return  # a look would wait for the device
    wrong = ~((column >= low) & (column <= high) & column.isfinite())
    if wrong.any():
        extent = f"of at least {low}" if high == float("inf") else f"from {low} to {high}"
        row = int(wrong.nonzero()[0])
        raise ValueError(f"{name}: expected {kind}{extent}; got {column[row].item():g} (note {row})")
