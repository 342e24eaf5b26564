"""Which instrument plays which track of a MIDI file: a YAML file, --tracks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from synths import presets
from synths.files.plain_data import parse_yaml, read_text
from synths.finding import find
from synths.notes.midi import Score, ScoreNote
from synths.notes.mixing import Part
from synths.notes.note_synth import NoteSynth

DRUM_CHANNEL = 9  # the tenth
# Fields of an entry: type and its name in messages.
_FIELDS: dict[str, tuple[Any, str]] = {
    "synth": (str, "the name of a synth"),
    "preset": (str, "the name of a preset"),
    "keys": (dict, "a mapping of MIDI note numbers to presets"),
    "gain_db": ((int, float), "a number"),
    "pan": ((int, float), "a number"),
}
_MOST_DB = 60


class Tracks:
    """The part of each note.

    Args:
        default: what plays notes of no entry.
        name: synth of `default`.
        score: the MIDI file.
        settings: arguments of all synths, as the command line has them.
        entries: name of a track, number of a track from 1, or "channel N" (1 to 16) -> any of synth, preset, keys
            (MIDI note number -> preset), gain_db and pan (-1 to 1). An entry by name comes before one by number, and
            that before one by channel.

    Raises:
        ValueError: an entry that no track has, or that holds something else.
    """

    def __init__(self, default: Part, name: str, score: Score, settings: Mapping[str, Any], entries: Mapping[Any, Any]):
        self._default, self._name, self._score, self._settings = default, name, score, settings
        self._voices: dict[str, NoteSynth] = {}
        self._parts: dict[Any, dict[int | None, Part]] = {}
        for place, entry in entries.items():
            with _at(place):
                self._require_place(place)
                self._parts[place] = self._entry(entry)

    @classmethod
    def read(cls, path: Path | None, default: Part, name: str, score: Score, settings: Mapping[str, Any]) -> Tracks:
        """The tracks of a YAML file; without one, all notes are of `default`. Raises ValueError or OSError."""
        entries = parse_yaml(read_text(path)) if path else {}
        if not isinstance(entries, dict):
            raise ValueError(f"expected a mapping of tracks to their synths; got {type(entries).__name__}")
        return cls(default, name, score, settings, entries)

    def of(self, note: ScoreNote) -> Part | None:
        """The part that plays a note; None for drums (channel 10) without an entry."""
        for place in (self._score.tracks[note.track], note.track + 1, f"channel {note.channel + 1}"):
            if place in self._parts:
                by_key = self._parts[place]
                return by_key.get(note.pitch, by_key[None])
        return None if note.channel == DRUM_CHANNEL else self._default

    def _require_place(self, place: Any) -> None:
        tracks, channels = self._score.tracks, sorted({note.channel + 1 for note in self._score.notes})
        if (place in tracks and place) or place in range(1, len(tracks) + 1):
            return
        if place not in [f"channel {n}" for n in channels]:
            names = ", ".join(filter(None, tracks)) or "none with a name"
            there = ", ".join(map(str, channels))
            raise ValueError(f"no such track; the file has tracks 1 to {len(tracks)} ({names}) and channels {there}")

    def _entry(self, entry: Any) -> dict[int | None, Part]:
        """Parts by key; that of None plays all other keys."""
        if not isinstance(entry, dict) or entry.keys() - _FIELDS:
            raise ValueError(f"expected some of {', '.join(_FIELDS)}; got {entry!r:.80}")
        for field, value in entry.items():
            kind, meaning = _FIELDS[field]
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ValueError(f"{field}: expected {meaning}; got {value!r:.80}")
        gain_db, pan = float(entry.get("gain_db", 0)), float(entry.get("pan", 0))
        if not (abs(gain_db) <= _MOST_DB and abs(pan) <= 1):
            raise ValueError(f"expected gain_db within {_MOST_DB} dB and pan from -1 to 1; got {gain_db:g} and {pan:g}")
        if entry.keys() & {"synth", "preset"}:
            main = self._part(entry.get("synth", self._name), entry.get("preset"), gain_db, pan)
        else:
            main = replace(self._default, gain_db=gain_db, pan=pan)
        parts: dict[int | None, Part] = {None: main}
        for key, preset in entry.get("keys", {}).items():
            if key not in range(128) or not isinstance(preset, str):
                raise ValueError(f"keys: expected {_FIELDS['keys'][1]}; got {key!r}: {preset!r:.80}")
            parts[key] = self._part(entry.get("synth", self._name), preset, gain_db, pan)
        return parts

    def _part(self, name: str, preset: str | None, gain_db: float, pan: float) -> Part:
        if name not in self._voices:  # as it is without --preset and --set
            self._voices[name] = find(name, NoteSynth)(**self._settings)
        voice = self._voices[name]
        return Part(voice, patch(voice, name, preset).to(self._default.physical.device), gain_db, pan)


@contextmanager
def _at(place: Any) -> Iterator[None]:
    """Errors that name the entry."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ValueError(f"{place!r}: {error}") from None


def patch(voice: NoteSynth, name: str, preset: str | None) -> torch.Tensor:
    """The middle of a preset of the synth of that name, or of all ranges: (1, n_parameters), in physical units."""
    space = voice.space.narrow(presets.read(name, preset, voice.space.origin)) if preset else voice.space
    return space.to_physical(torch.full((1, len(space)), 0.5))
