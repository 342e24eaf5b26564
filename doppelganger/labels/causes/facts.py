"""Facts that more than one synth knows because we chose its numbers, and how they are held against what is measured."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements

SOURCE = Fact("source", "choice", 1, False, "what sounds, as an index into the sources; nan where there are several")
SINE = Fact("sine_share", "ratio", 0.15, False, "of the power, that of sines")
SQUARE = Fact("square_share", "ratio", 0.15, False, "of the power, that of squares")
SAW = Fact("saw_share", "ratio", 0.15, False, "of the power, that of saws")
FM_INDEX = Fact("fm_index", "rad", 1.3, True, "frequency modulation: how far the phase is shaken")
FM_RATIO = Fact("fm_ratio", "ratio", 1.05, True, "frequency modulation: modulator against carrier")
LOWPASS = Fact("lowpass_hz", "Hz", 1.15, True, "cutoff of a low-pass that takes something away")
BANDPASS = Fact("bandpass_hz", "Hz", 1.15, True, "centre of a band-pass that takes something away")
HIGHPASS = Fact("highpass_hz", "Hz", 1.15, True, "cutoff of a high-pass that takes something away")
RESONANCE = Fact("resonance", "Q", 1.5, True, "of a filter that takes something away, at its cutoff")
DRIVE = Fact("drive_db", "dB", 3, False, "how far a wave peaks above where a distortion bends it")
DETUNE = Fact("detune", "semitone", 0.08, False, "between the lowest and the highest of several copies")
CHORUS = Fact("chorus", "ratio", 0.15, False, "level of copies whose delay moves")
RING = Fact("ring_s", "s", 1.3, True, "time to fall by 60 dB when nothing stops it")
BODY = Fact("body", "none", 0.25, False, "what is struck: 0 a bar, 1 a plate, 2 a bell")
MATERIAL = Fact("material", "none", 0.25, False, "0 metal, 1 glass, 2 wood")
CONTACT = Fact("contact_s", "s", 1.5, True, "how long the mallet touches: short is hard")
FIRST_VOWEL = Fact("first_vowel", "choice", 1, False, "the vowel it starts with, as an index into i, e, a, o, u")
LAST_VOWEL = Fact("last_vowel", "choice", 1, False, "the vowel it ends with, as an index into i, e, a, o, u")
BREATH = Fact("breath", "ratio", 0.15, False, "noise in place of buzz in a voice")

# How far what is known and what is measured may differ, as a ratio, and be the same.
_AGREE = {"pitch_hz": 2 ** (1 / 12), "vibrato_hz": 1.15, "tremolo_hz": 1.15}


def confirmed(fact: str, known: Tensor, measured: Measurements) -> Tensor:
    """The known number that is nearest to the one measured, where they agree; else the one measured: (batch,).

    Args:
        fact: of `_AGREE`.
        known: (batch, n), candidates; nan is none.
        measured: what was measured.
    """
    found = measured.facts[fact]
    apart = (known.log2() - found[:, None].log2()).abs().nan_to_num(nan=math.inf)
    least, which = apart.min(dim=1)
    near = known.gather(1, which[:, None])[:, 0].to(found.dtype)
    return torch.where(least <= math.log2(_AGREE[fact]), near, found)


def driven_db(gain_db: Tensor, levels: Iterable[Tensor]) -> Tensor:
    """`DRIVE` of what a mixer hands on with these levels, nan where nothing is bent: a soft wave needs more gain."""
    level = torch.stack(list(levels)).sum(dim=0).clamp(1e-4, 1)
    peak_db = gain_db + 20 * level.log10()
    return only(peak_db, peak_db > 6)


def only(value: Tensor, where: Tensor) -> Tensor:
    """A fact where it can be measured, nan elsewhere."""
    return value.float().where(where, math.nan)
