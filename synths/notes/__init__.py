"""Notes: pitch, velocity, onset and length, played by instruments and read from MIDI files."""

from synths.notes.limiter import limit
from synths.notes.midi import Score, read_midi
from synths.notes.notes import Notes
from synths.notes.pitch import midi_pitch
from synths.notes.touch import Touch

__all__ = ["Notes", "Score", "Touch", "limit", "midi_pitch", "read_midi"]
