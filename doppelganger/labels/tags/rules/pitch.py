"""Pitch, and its movement."""

from doppelganger.labels.conditions import Range
from doppelganger.labels.tags.rule import Rule, steps

_NAMES = ("C", "C sharp", "D", "D sharp", "E", "F", "F sharp", "G", "G sharp", "A", "A sharp", "B")
_OCTAVES = range(0, 9)


def _note(midi: float) -> float:
    return 440 * 2 ** ((midi - 69) / 12)


def _notes() -> list[Rule]:
    rules = []
    for octave in _OCTAVES:
        first = 12 * (octave + 1)
        # A note extends a quarter tone below and above its pitch.
        rules.append(Rule(f"octave {octave}", "trait", "pitch_hz", _note(first - 0.5), _note(first + 11.5)))
        for i, name in enumerate(_NAMES):
            low, high = _note(first + i - 0.5), _note(first + i + 0.5)
            rules.append(Rule(f"pitch class {name}", "trait", "pitch_hz", low, high))
            if 2 <= octave <= 6:
                rules.append(Rule(f"note {name}{octave}", "trait", "pitch_hz", low, high))
    return rules


RULES = (
    *steps(
        (60, 130, 260, 520, 1050, 2100),
        ("sub-bass", "bass", "low-pitched", "mid-pitched", "high-mid pitch", "high-pitched", "very high-pitched"),
        "trait",
        "pitch_hz",
    ),
    *_notes(),
    Rule("pitched", "trait", "pitch_hz", also=(Range("harmonicity", 0.7),)),
    Rule("steady pitch", "trait", "glide", -0.4, 0.4),
    Rule("rising", "event", "glide", 1),
    Rule("descending", "event", "glide", high=-1),
    Rule("glissando", "event", "glide_rate", 1, 30, (Range("glide", 3),)),
    Rule("glissando", "event", "glide_rate", -30, -1, (Range("glide", high=-3),)),
    Rule("slow glide", "event", "glide_rate", 1, 6),
    Rule("slow glide", "event", "glide_rate", -6, -1),
    Rule("sweep", "event", "glide", 7),
    Rule("sweep", "event", "glide", high=-7),
    Rule("fast sweep", "event", "glide_rate", 30),
    Rule("fast sweep", "event", "glide_rate", high=-30),
    Rule("wide sweep", "event", "glide", 14),
    Rule("wide sweep", "event", "glide", high=-14),
    Rule("upward octave", "event", "glide", 11, 13),
    Rule("downward octave", "event", "glide", -13, -11),
    Rule("vibrato", "trait", "vibrato", 0.15),
    *steps((0.4, 1.2), ("shallow vibrato", "medium vibrato", "deep vibrato"), "trait", "vibrato"),
    *steps((4.5, 7), ("slow vibrato", "medium-rate vibrato", "fast vibrato"), "trait", "vibrato_hz"),
)
