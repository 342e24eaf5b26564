"""Pitches by name, by MIDI note number or in Hz."""

import math
import re

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
HIGHEST = 127


def midi_pitch(pitch: str | float) -> float:
    """MIDI note number of a pitch; 60 is C4, middle C, and 69 is A4, 440 Hz.

    Args:
        pitch: a name such as "C4", "F#3" or "Bb2"; a MIDI note number, which may be fractional; or a frequency as
            text, "440 Hz".

    Raises:
        ValueError: none of these, or outside of 0 to 127.
    """
    number = _parsed(pitch) if isinstance(pitch, str) else float(pitch)
    if number is None or not 0 <= number <= HIGHEST:
        raise ValueError(
            f'expected a pitch as a name ("C4", "F#3", "Bb2"), a MIDI note number from 0 to {HIGHEST}, or a frequency '
            f'("440 Hz"); got {pitch!r}'
        )
    return number


def pitch_name(number: int) -> str:
    """Name of a MIDI note number: 61 is "C#4"."""
    return f"{_NAMES[number % 12]}{number // 12 - 1}"


def _parsed(text: str) -> float | None:
    if found := re.fullmatch(r"\s*([A-Ga-g])(#{1,2}|b{1,2}|)(-?\d{1,2})\s*", text):
        letter, accidentals, octave = found.groups()
        shift = accidentals.count("#") - accidentals.count("b")
        return float(_SEMITONES[letter.upper()] + shift + 12 * (int(octave) + 1))
    if found := re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*Hz\s*", text, re.IGNORECASE):
        hz = float(found[1])
        return 69 + 12 * math.log2(hz / 440) if hz > 0 else None
    return None
