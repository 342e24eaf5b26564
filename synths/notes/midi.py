"""MIDI files: notes, and what the controllers of their channels do."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from synths.notes.channel import Channel
from synths.notes.notes import Notes

_LARGEST = 1 << 24  # bytes of a file; reading takes about a second per megabyte
_DEFAULT_TEMPO = 500_000  # microseconds a quarter note


class ScoreNote(NamedTuple):
    """A note of a MIDI file: times in s, pitch as a MIDI note number, its track by number and its channel, 0 to 15."""

    onset_s: float
    seconds: float
    pitch: int
    velocity: int
    track: int
    channel: int


@dataclass(frozen=True)
class Score:
    """A MIDI file.

    Args:
        notes: in the order of their onsets. Held by the sustain pedal, a note lasts until the pedal or the same key.
        tracks: names of the tracks, in the order of the file; "" for a track without.
        channels: channel -> its pitch wheel, pan and volume over time.
        ignored: what the file holds and has no effect, such as "controller 74", in alphabetical order.
    """

    notes: list[ScoreNote]
    tracks: list[str]
    channels: dict[int, Channel] = field(repr=False)
    ignored: list[str]

    def table(self) -> Notes:
        """The notes without their tracks and channels."""
        return Notes.of_rows((note.onset_s, note.seconds, note.pitch, note.velocity) for note in self.notes)


def read_midi(path: str | Path) -> Score:
    """The score of a standard MIDI file, type 0 or 1.

    Raises:
        ValueError: no MIDI file, one that is cut off, without notes, or larger than 16 MiB.
        OSError: the file cannot be read.
        ImportError: mido is not installed.
    """
    try:
        import mido
    except ImportError:
        raise ImportError("MIDI files need mido: pip install 'doppelganger-audio[midi]'") from None
    with Path(path).open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"{path}: expected a MIDI file of at most {_LARGEST >> 20} MiB; it is larger")
    if data[:4] != b"MThd":
        raise ValueError(f"{path}: expected a standard MIDI file, which begins with MThd; got {data[:4]!r}")
    try:
        file = mido.MidiFile(file=io.BytesIO(data))
    except EOFError:
        raise ValueError(f"{path}: expected a whole MIDI file; it is cut off after {len(data)} bytes") from None
    except Exception as error:  # broken bytes end in errors of any kind
        raise ValueError(f"{path}: broken MIDI file: {str(error) or type(error).__name__}") from None
    if file.type == 2:
        raise ValueError(f"{path}: expected a MIDI file of type 0 or 1; type 2 holds separate songs")
    score = _score(file, path)
    if not score.notes:
        raise ValueError(f"{path}: expected a MIDI file with notes; it has none in {len(score.tracks)} tracks")
    return score


def _score(file: Any, path: str | Path) -> Score:
    events = []
    for number, track in enumerate(file.tracks):
        tick = 0
        for message in track:
            tick += message.time
            events.append((tick, number, message))
    events.sort(key=lambda event: event[0])  # stable: within a track and a tick, the order of the file
    quarter_s = _clock(file.ticks_per_beat, path)
    channels: dict[int, Channel] = {}
    ignored: set[str] = set()
    tempo, last_tick, time_s = _DEFAULT_TEMPO, 0, 0.0
    for tick, number, message in events:
        time_s += (tick - last_tick) * quarter_s(tempo)
        last_tick = tick
        if message.type == "set_tempo":
            tempo = message.tempo
        elif not message.is_meta and hasattr(message, "channel"):
            channel = channels.setdefault(message.channel, Channel())
            unknown = channel.take(message, number, time_s)
            ignored |= {unknown} if unknown else set()
    notes = []
    for number, channel in channels.items():
        channel.end(time_s)
        notes += [ScoreNote(*note, number) for note in channel.notes]
    tracks = [_text(track.name).strip() for track in file.tracks]
    return Score(sorted(notes), tracks, channels, sorted(ignored))


def _text(latin: str) -> str:
    """A text of a MIDI file, which mido reads as Latin-1: UTF-8, as most programs write it, where it can be that."""
    try:
        return latin.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return latin


def _clock(division: int, path: str | Path) -> Any:
    """From a tempo, in microseconds a quarter note, to the length of a tick in s."""
    if division == 0:
        raise ValueError(f"{path}: expected at least one tick a quarter note; got 0")
    if division > 0:
        return lambda tempo: tempo / 1e6 / division
    # Time code: frames per second, negative, in the upper byte, and ticks per frame in the lower.
    frames, ticks = -(division >> 8), division & 0xFF
    if frames not in (24, 25, 29, 30) or not ticks:
        raise ValueError(
            f"{path}: expected 24, 25, 29 or 30 frames per second and at least one tick per frame; "
            f"got {frames} and {ticks}"
        )
    return lambda tempo: 1 / ((30 / 1.001 if frames == 29 else frames) * ticks)
