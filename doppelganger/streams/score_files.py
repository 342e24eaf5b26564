"""Scores from a folder of MIDI files, or from tables of notes."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from doppelganger.missing_packages import command_for
from synths.notes.midi import read_midi
from synths.notes.mixing import LONGEST_NOTE_S
from synths.notes.notes import Notes

_SUFFIXES = (".mid", ".midi")
_DRUMS = 9  # channel 10


def read_scores(scores: str | Path | Sequence[Sequence[Sequence[Any]]]) -> list[Notes]:
    """The notes of each score.

    Args:
        scores: a folder with MIDI files below it, in the order of their names; or tables of notes, each of rows
            (onset_s, seconds, pitch, velocity).

    Raises:
        ValueError: no scores with notes, or a row that is no note.
    """
    if isinstance(scores, (str, Path)):
        return _of_folder(Path(scores))
    found = []
    for number, rows in enumerate(scores):
        try:
            found.append(_sounding(Notes.of_rows(rows)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"scores: table {number}: {error}") from None
        if not len(found[-1]):
            raise ValueError(f"scores: table {number}: expected rows (onset_s, seconds, pitch, velocity); got no notes")
    return found


def _of_folder(folder: Path) -> list[Notes]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
    found = []
    for file in files:
        try:
            score = read_midi(file)
            rows = [(n.onset_s, n.seconds, n.pitch, n.velocity) for n in score.notes if n.channel != _DRUMS]
            notes = _sounding(Notes.of_rows(rows))
            if not len(notes):
                raise ValueError(f"{file}: expected notes beside those of drums; it has none")
            found.append(notes)
        except ImportError:
            raise ValueError(f"{folder} needs mido: {command_for('mido')}") from None
        except (ValueError, OSError) as error:
            warnings.warn(f"left out of the training: {error}", stacklevel=2)
    if not found:
        there = f"{len(files)} files, none of them with notes" if files else "none" if folder.is_dir() else "no folder"
        raise ValueError(f"{folder}: expected a folder with MIDI files; found {there}")
    return found


def _sounding(notes: Notes) -> Notes:
    """The notes that are held for any time; one that is held for more than two minutes is let go then."""
    return replace(notes, seconds=notes.seconds.clamp_max(LONGEST_NOTE_S))[notes.seconds > 0]
