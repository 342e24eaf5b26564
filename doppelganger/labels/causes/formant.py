"""Formant: vowels, vocal-tract size and breath."""

from itertools import permutations

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, choices, steps
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument

_SIZE = Fact("throat", "ratio", 0.08, False, "formant frequencies relative to a man's: 1.2 is a woman, 1.4 a child")
_VOWELS = ("i", "e", "a", "o", "u")
# First and second formants of a man. Source: Peterson and Barney, 1952, table II.
_FORMANTS_HZ = ((270.0, 2290.0), (530.0, 1840.0), (730.0, 1090.0), (570.0, 840.0), (300.0, 870.0))
_RULES = (
    Rule("vocal", "source", "throat"),
    *choices((f"starts as {v}" for v in _VOWELS), "event", "first_vowel"),
    *choices((f"ends as {v}" for v in _VOWELS), "event", "last_vowel"),
    *(Rule(f"vowel {v}", "source", "first_vowel", i, i + 1, (Range("last_vowel", i, i + 1),))
      for i, v in enumerate(_VOWELS)),
    *(Rule(f"{a} to {b}", "event", "first_vowel", i, i + 1, (Range("last_vowel", j, j + 1),))
      for (i, a), (j, b) in permutations(enumerate(_VOWELS), 2)),
    *steps((1.1, 1.3), ("deep throat", "medium throat", "small throat"), "trait", "throat"),
    *steps((0.2, 0.7), ("pressed voice", "breathy", "whisper"), "trait", "breath"),
)  # fmt: skip

_SPOKEN = ("ee", "eh", "ah", "oh", "oo")
_PHRASES = {
    "clean": (one("whispered", "breath", 0.7), one("breathy/husky", "breath", 0.3, 0.7)),
    "how": (
        *(one(f"singing {v}/on the vowel {v}", "first_vowel", i, i + 1, Range("last_vowel", i, i + 1))
          for i, v in enumerate(_SPOKEN)),
        *(one(f"changing from {a} to {b}/gliding from {a} to {b}",
              "first_vowel", i, i + 1, Range("last_vowel", j, j + 1))
          for (i, a), (j, b) in permutations(enumerate(_SPOKEN), 2)),
        *(one(f"starting on {a}", "first_vowel", i, i + 1) for i, a in enumerate(_SPOKEN)),
        *(one(f"ending on {a}", "last_vowel", i, i + 1) for i, a in enumerate(_SPOKEN)),
    ),
}  # fmt: skip


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Formant, each (batch,)."""
    knob = Knobs(synth.space, physical)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    breath, focus = knob["glottis.breath"], knob["tract.focus"]
    # Under breath, the pitch that is measured may be that of a formant, or an octave off.
    voiced = reached(knob, measured.facts["pitch_hz"])
    # Formants are audible where they are narrow, and partials dense enough to trace them.
    shown = ((f0_hz < 350) | (breath > 0.5)) & (focus > 0.5) & (measured.facts["level_db"] > -60)
    first = vowel(knob["tract.first_open"], knob["tract.first_front"])
    last = vowel(knob["tract.second_open"], knob["tract.second_front"])
    end_s = measured.facts["onset_s"] + measured.facts["length_s"]
    starts = knob["tract.glide_start"] + knob["tract.glide_time"] / 2 > measured.facts["onset_s"] + 0.05
    stays = end_s - (knob["tract.glide_start"] + knob["tract.glide_time"]) > 0.05
    return {
        "source": torch.zeros_like(f0_hz),
        "first_vowel": facts.only(first, shown & starts),
        "last_vowel": facts.only(last, shown & stays),
        "throat": facts.only(knob["tract.size"], shown),
        "breath": facts.only(breath, measured.facts["level_db"] > -60),
        "pitch_hz": facts.only(facts.confirmed("pitch_hz", f0_hz[:, None], measured), voiced),
        "vibrato_hz": facts.only(
            facts.confirmed("vibrato_hz", knob["glottis.vibrato_rate"][:, None], measured), voiced
        ),
        **facts.with_pitch(measured, voiced),
    }


def reached(knob: Knobs, hz: Tensor) -> Tensor:
    """Whether a voice comes within a semitone of a frequency (batch,) in its slide and vibrato: bool (batch,)."""
    above = 69 + 12 * (hz / 440).log2() - knob["keyboard.midi_f0"]
    slide, depth = knob["glottis.slide"], knob["glottis.vibrato"] + 1
    return (above >= slide.clamp_max(0) - depth) & (above <= slide.clamp_min(0) + depth)


def vowel(first_hz: Tensor, second_hz: Tensor) -> Tensor:
    """The nearest vowel, as an index; nan where none is near: (batch,)."""
    table = torch.tensor(_FORMANTS_HZ, dtype=first_hz.dtype, device=first_hz.device)
    apart = (torch.stack([first_hz, second_hz], dim=1)[:, None] / table).log2().norm(dim=2)
    least, which = apart.min(dim=1)
    return torch.where(least < 0.4, which.to(first_hz.dtype), torch.nan)


CAUSES = Causes(
    sources={"voice": ("voice", "sung voice", "synthetic voice")},
    facts=(facts.SOURCE, facts.FIRST_VOWEL, facts.LAST_VOWEL, facts.BREATH, _SIZE),
    rules=_RULES,
    phrases=_PHRASES,
    from_theta=facts_from_theta,
)
