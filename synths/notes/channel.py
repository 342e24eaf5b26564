"""A channel of MIDI: which keys are down, and its pitch wheel, pan and volume over time."""

from __future__ import annotations

from typing import Any

from synths.notes.curve import Curve

_BEND_RANGE, _FULL_BEND = 2.0, 8192
_VOLUME, _EXPRESSION, _PAN_CENTRE = 100, 127, 64
_SET_BY_OTHERS = {6, 38, 98, 99, 100, 101}  # data entry and the parameter that it sets
_NAMES = {1: "modulation", 2: "breath", 5: "portamento time", 65: "portamento", 66: "sostenuto", 67: "soft pedal"}
_NAMES |= {71: "resonance", 72: "release", 73: "attack", 74: "brightness", 91: "reverb", 93: "chorus"}


class Channel:
    """One of the 16 channels of a MIDI file.

    A note ends where its key is released, by its own track if several share the channel, or the sustain pedal if that
    is later; or where a held key is struck again while the pedal sounds it. The curves are the pitch wheel in
    semitones, with the range that registered parameter 0 sets (2 semitones without); the pan from 0 to 1; and the gain
    of volume (controller 7) and expression (11), ``(volume / 100)^2 (expression / 127)^2``.
    """

    def __init__(self):
        self.notes: list[tuple[float, float, int, int, int]] = []  # onset_s, seconds, pitch, velocity, track
        self.bend, self.pan, self.gain = Curve(0.0), Curve(pan_share(_PAN_CENTRE)), Curve(1.0)
        self._down: dict[int, list[tuple[float, int, int]]] = {}  # key -> notes that are held: onset_s, velocity, track
        self._sustained: dict[int, list[tuple[float, int, int]]] = {}
        self._pedal = False
        self._wheel, self._bend_range = 0, _BEND_RANGE
        self._parameter: tuple[int, int] = (127, 127)  # of data entry: high and low byte, 127 and 127 are none
        self._registered = True
        self._volume, self._expression = _VOLUME, _EXPRESSION

    def take(self, message: Any, track: int, time_s: float) -> str | None:
        """One message. Returns what it is called if it has no effect."""
        if message.type == "note_on" and message.velocity:
            self._release(self._sustained, message.note, time_s)
            self._down.setdefault(message.note, []).append((time_s, message.velocity, track))
        elif message.type in ("note_on", "note_off"):
            self._let_go(message.note, track, time_s)
        elif message.type == "pitchwheel":
            self._wheel = message.pitch
            self._bend(time_s)
        elif message.type == "control_change":
            return self._control(message.control, message.value, time_s)
        elif message.type == "program_change":
            return "program changes"
        else:
            return {"aftertouch": "channel pressure", "polytouch": "key pressure"}.get(message.type, message.type)
        return None

    def end(self, time_s: float) -> None:
        """The end of the file: every key that is still down is released."""
        for held in (self._down, self._sustained):
            for key in list(held):
                self._release(held, key, time_s)

    def _control(self, control: int, value: int, time_s: float) -> str | None:
        if control == 7:
            self._volume = value
        elif control == 11:
            self._expression = value
        elif control == 10:
            self.pan.step(time_s, pan_share(value))
        elif control == 64:
            self._set_pedal(value >= 64, time_s)
        elif control in _SET_BY_OTHERS:
            return self._data(control, value, time_s)
        elif control in (120, 123, 124, 125, 126, 127):
            self._all_off(time_s, self._pedal and control != 120)
        elif control == 121:
            self._wheel, self._expression, self._parameter = 0, _EXPRESSION, (127, 127)
            self._set_pedal(False, time_s)
            self._bend(time_s)
        elif control not in (0, 32):  # the bank of a program
            name = _NAMES.get(control)
            return f"controller {control}" + (f" ({name})" if name else "")
        self.gain.step(time_s, (self._volume / _VOLUME) ** 2 * (self._expression / _EXPRESSION) ** 2)
        return None

    def _data(self, control: int, value: int, time_s: float) -> str | None:
        high, low = self._parameter
        if control in (98, 99, 100, 101):
            self._registered = control >= 100
            self._parameter = (value, low) if control in (99, 101) else (high, value)
        elif self._registered and self._parameter == (0, 0):
            cents = round(100 * (self._bend_range % 1))
            self._bend_range = value + cents / 100 if control == 6 else int(self._bend_range) + value / 100
            self._bend(time_s)
        elif self._parameter != (127, 127):
            kind = "registered" if self._registered else "non-registered"
            return f"{kind} parameter {high * 128 + low}"
        return None

    def _bend(self, time_s: float) -> None:
        self.bend.step(time_s, self._wheel / _FULL_BEND * self._bend_range)

    def _let_go(self, key: int, track: int, time_s: float) -> None:
        """The oldest note of a key ends, or is the pedal's: of those of the track, if there are any."""
        held = self._down.get(key)
        if not held:
            return
        note = held.pop(next((i for i, (_, _, its_track) in enumerate(held) if its_track == track), 0))
        if self._pedal:
            self._sustained.setdefault(key, []).append(note)
        else:
            self._finish(key, note, time_s)

    def _set_pedal(self, is_down: bool, time_s: float) -> None:
        self._pedal = is_down
        if not is_down:
            for key in list(self._sustained):
                self._release(self._sustained, key, time_s)

    def _all_off(self, time_s: float, sustained: bool) -> None:
        for key, notes in list(self._down.items()):
            for _, _, track in tuple(notes):
                self._let_go(key, track, time_s)
        if not sustained:
            for key in list(self._sustained):
                self._release(self._sustained, key, time_s)

    def _release(self, held: dict[int, list[tuple[float, int, int]]], key: int, time_s: float) -> None:
        for note in held.pop(key, []):
            self._finish(key, note, time_s)

    def _finish(self, key: int, note: tuple[float, int, int], time_s: float) -> None:
        onset_s, velocity, track = note
        self.notes.append((onset_s, time_s - onset_s, key, velocity, track))


def pan_share(value: int) -> float:
    """A pan of MIDI, 0 to 127, as a share from left (0) over the centre (64) to right (1).

    Source: MIDI Manufacturers Association, RP-036, Default Pan Formula, 2003.
    """
    return max(0, value - 1) / 126
