"""Rate operator: frequency and level of one operator of a six-operator synthesizer."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from synths.dsp import oscillators, rate_envelopes
from synths.dsp.bounds import at_least, at_most
from synths.dsp.choices import chosen
from synths.dsp.clock import Clock
from synths.dsp.piecewise import piecewise
from synths.dsp.rate_envelopes import FLOOR_DB
from synths.modules.module import Module
from synths.modules.velocity_keyboard import Note
from synths.parameters import Parameter

# Distance from the break point in octaves, and that of a straight line with the same effect.
_EXPONENTIAL = [(0, 0), (2.25, 0.28), (3, 0.5), (4, 1.03), (5, 2.06), (6, 3.94), (8, 7.81)]
_DEEPEST_DB = 90.0  # of tremolo
_BEND = 4.48


class Tone(NamedTuple):
    """Frequency of an operator before pitch modulation, whether it ignores that (1 or 0), and its level over time."""

    frequency_hz: Tensor  # (batch,)
    fixed: Tensor  # (batch,)
    level: Tensor  # (batch, n_frames + 1)


class RateOperator(Module):
    """An operator's frequency, and its level by envelope, key and velocity.

    Gradient: zero through `coarse`, `fixed` and the curves.

    Source: Yamaha DX7 owner's manual, 1983; formulas as measured in music-synthesizer-for-android, `Dx7Note` and
    `Env`, and detuning in Dexed. Level scaling moves with every key, not in groups of three.
    """

    knobs = (
        Parameter("coarse", 0, 32, "choice", curve=0.3, doc="multiple of the key's frequency; 0 is one half"),
        Parameter("fine", 0, 0.99, "ratio", curve=0.06, doc="raises the frequency by up to this share of it"),
        Parameter("detune", -7, 7, symmetric=True, curve=0.5, doc="by up to 7 cents at 440 Hz, 23 at 55 Hz"),
        Parameter("fixed", 0, 2, "choice", curve=0.12, doc="1: the key does not change its frequency"),
        Parameter("frequency", 1, 9772, "Hz", curve=0.2, doc="frequency if it is fixed"),
        Parameter(
            "level", FLOOR_DB, 0, "dB", curve=6, doc="level in the mix, or depth of modulation of other operators"
        ),
        Parameter("velocity", 0, 78.7, "dB", curve=0.2, doc="how much softer a key that is hardly pressed is"),
        Parameter("rate_1", 0, 99, curve=3, doc="speed on the way to level 1: doubles every 6"),
        Parameter("rate_2", 0, 99, doc="speed on the way to level 2"),
        Parameter("rate_3", 0, 99, doc="speed on the way to level 3"),
        Parameter("rate_4", 0, 99, doc="speed on the way to level 4, once the key is released"),
        Parameter("level_1", FLOOR_DB, 0, "dB", curve=6, doc="level reached first"),
        Parameter("level_2", FLOOR_DB, 0, "dB", curve=6, doc="level reached second"),
        Parameter("level_3", FLOOR_DB, 0, "dB", curve=6, doc="level reached third, and held while the key is down"),
        Parameter("level_4", FLOOR_DB, 0, "dB", curve=0.2, doc="level at the start, and at the end"),
        Parameter("rate_scaling", 0, 0.875, "ratio", curve=0.5, doc="octaves of speed per octave of pitch"),
        Parameter("break_point", 20, 120, "semitone", doc="key from which its level changes, as a MIDI note number"),
        Parameter("left_depth", 0, 24, "dB", curve=0.2, doc="change of level an octave below the break point"),
        Parameter("right_depth", 0, 24, "dB", curve=0.2, doc="change of level an octave above the break point"),
        Parameter(
            "left_curve", 0, 4, "choice", doc="0 falls in a line, 1 and 2 fall and rise in a bend, 3 rises in a line"
        ),
        Parameter("right_curve", 0, 4, "choice", doc="the same above the break point"),
        Parameter("tremolo", 0, 1, "ratio", curve=0.3, doc="how far the LFO lowers its level"),
    )

    def forward(self, clock: Clock, note: Note, lowered: Tensor, **knob: Tensor) -> Tone:
        """Takes a note, and a control signal in [0, 1] that lowers levels."""
        level_db = at_most(knob["level"] + _level_scaling_db(note.midi, knob), 0)
        level_db = level_db + knob["velocity"] * ((note.velocity / 100) ** 0.3 - 1)
        rates = tuple(knob[f"rate_{i}"] for i in (1, 2, 3, 4))
        levels_db = tuple(at_least(level_db + knob[f"level_{i}"], FLOOR_DB) for i in (1, 2, 3, 4))
        faster = knob["rate_scaling"] * ((note.midi - 21) / 12).clamp(0, 7.75)
        over_time_db = rate_envelopes.level_db(clock.boundaries_s(), note.on_s, levels_db, rates, faster)
        lowered = torch.expm1(_BEND * lowered * knob["tremolo"][:, None]) / math.expm1(_BEND)
        level = rate_envelopes.amplitude(over_time_db - _DEEPEST_DB * lowered)
        fixed = (knob["fixed"].detach() >= 1).to(level.dtype)
        frequency_hz = _ratio(knob) * oscillators.midi_to_hz(note.midi + _detuned(note.midi, knob["detune"]))
        return Tone(torch.where(fixed > 0, knob["frequency"], frequency_hz), fixed, level)


def _ratio(knob: Mapping[str, Tensor]) -> Tensor:
    whole = chosen(knob["coarse"], 32)
    return torch.where(whole < 1, 0.5, whole) * (1 + knob["fine"])


def _detuned(midi: Tensor, detune: Tensor) -> Tensor:
    """In semitones: more for low keys, so that beats stay slow."""
    octaves = oscillators.midi_to_hz(midi).log2()
    return detune * 12 / 7 * 0.0209 * octaves * torch.exp(-0.396 * octaves)


def _level_scaling_db(midi: Tensor, knob: Mapping[str, Tensor]) -> Tensor:
    octaves = (midi - knob["break_point"]) / 12
    total = torch.zeros_like(octaves)
    for side, distance in (("left", -octaves), ("right", octaves)):
        distance, curve = distance.clamp_min(0), chosen(knob[f"{side}_curve"], 4)
        bent = torch.where((curve == 0) | (curve == 3), distance, piecewise(distance, _EXPONENTIAL))
        total = total + torch.where(curve < 2, -1.0, 1.0) * bent * knob[f"{side}_depth"]
    return total
