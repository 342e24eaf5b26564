"""Soundscape: who sounds, the bed, and the room."""

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes import facts, scenes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, steps
from synths.procedural.scene import PlannedEvents
from synths.procedural.soundscape import N_EVENTS, Soundscape

SOURCES = {
    "glide": ("sliding tone", "gliding whistle"),
    "tone": ("held tone", "electronic tone"),
    "impact": ("struck object", "metallic knock"),
    "pluck": ("plucked string", "string pluck"),
    "blow": ("blown pipe", "flute-like tone"),
    "friction": ("scraping", "squeaking friction"),
    "voice": ("voice", "human-like voice"),
    "call": ("animal call", "cry"),
    "rain": ("rain", "patter of rain"),
    "fire": ("crackling fire", "fire"),
    "wind": ("wind", "gusty wind"),
    "engine": ("engine", "motor"),
    "crowd": ("crowd", "babble of voices"),
    "bed": ("background noise", "steady hiss"),
}
ORDERED = tuple(SOURCES)[:-1]
WITHIN = ("bed",)
CLAUSES = {
    "glide": ("a tone slides", "a gliding tone is heard", "something whistles like a siren"),
    "tone": ("a synthetic tone sounds", "a steady tone is heard", "a buzzer plays a note"),
    "impact": ("something is struck", "a hard object rings", "a knock is heard"),
    "pluck": ("a string is plucked", "a plucked string sounds"),
    "blow": ("a pipe is blown", "a flute-like tone is heard", "air blows through a pipe"),
    "friction": ("something scrapes", "a surface is rubbed", "something squeaks"),
    "voice": ("a voice sings a vowel", "a voice is heard", "someone hums"),
    "call": ("a animal calls", "a bird-like cry is heard", "something cries out"),
    "rain": ("rain falls", "it rains", "drops of rain patter"),
    "fire": ("a fire crackles", "flames crackle"),
    "wind": ("wind blows", "the wind howls", "a gust of wind passes"),
    "engine": ("a engine runs", "a motor rattles", "a engine is heard"),
    "crowd": ("a crowd talks", "many people murmur", "voices babble"),
}
_COLOURS = (("white", -9, 0.5), ("pink", 0.5, 1.5), ("brown", 1.5, 9))
PHRASES = {
    "bed": tuple(
        one(f"a {level} {colour} noise", "bed_colour", low, high, Range("bed_db", a, b))
        for colour, low, high in _COLOURS
        for level, a, b in (("faint", -99, -55), ("soft", -55, -42), ("clearly audible", -42, 0))
    )
}
_BED_DB = Fact("bed_db", "dB", 3, False, "level of the noise that is always there")
_BED_COLOUR = Fact("bed_colour", "none", 0.3, False, "its power falls as 1 / f^colour: 0 white, 1 pink, 2 brown")
_REVERB_S = Fact("reverb_s", "s", 1.3, True, "time in which the room falls by 60 dB")
_REVERB = Fact("reverb", "ratio", 0.15, False, "level of the room against the sound itself")
FACTS = (facts.SOURCE, _BED_DB, _BED_COLOUR, _REVERB_S, _REVERB)
_BLUR_S = 0.03  # the envelope is smooth
RULES = (
    *steps((0.5, 1.5), ("white noise", "pink noise", "brown noise"), "trait", "bed_colour"),
    *steps((-55, -42), ("faint background", "soft background", "noisy background"), "scene", "bed_db"),
    Rule("reverb", "trait", "reverb", 0.15),
    *steps((0.35, 0.7), ("slight reverb", "medium reverb", "strong reverb"), "trait", "reverb"),
    *steps((0.6, 1.5, 3), ("small room", "room", "hall", "cathedral"), "scene", "reverb_s"),
    Rule("distant", "scene", "reverb", 0.7, also=(Range("reverb_s", 1.5),)),
    Rule("weather", "scene", "n rain", 1),
    Rule("weather", "scene", "n wind", 1),
    Rule("storm", "scene", "n rain", 1, also=(Range("n wind", 1),)),
    Rule("nature", "scene", "n call", 1, also=(Range("n engine", high=1),)),
    Rule("campfire", "scene", "n fire", 1, also=(Range("n voice", 1),)),
    Rule("people", "scene", "n crowd", 1),
    Rule("people", "scene", "n voice", 1),
    Rule("traffic", "scene", "n engine", 2),
    Rule("mechanical", "scene", "n engine", 1),
    Rule("mechanical", "scene", "n friction", 1),
    Rule("musical", "scene", "n tone", 1, also=(Range("n pluck", 1),)),
    Rule("musical", "scene", "n pluck", 2),
    Rule("musical", "scene", "n blow", 1, also=(Range("n pluck", 1),)),
    Rule("outdoors", "scene", "n wind", 1, also=(Range("n call", 1),)),
)


def facts_from_theta(
    synth: Soundscape, physical: Tensor, measured: Measurements, planned: PlannedEvents
) -> dict[str, Tensor]:
    """Facts of a Soundscape, each (batch,), beside those of its events."""
    knob = Knobs(synth.space, physical)
    # The bed is heard where nothing else is: the quietest moment is no louder than it.
    floor_db = 20 * measured.envelope.quantile(0.02, dim=1).clamp_min(1e-6).log10()
    bed = (floor_db < knob["bed.level"] + 6) & (knob["bed.level"] > -60)
    room = (knob["room.mix"] > 0.1) & (knob["room.decay"] > 0.25) & _tail(planned, knob["bed.level"], measured)
    return {
        "bed_db": facts.only(knob["bed.level"], bed),
        "bed_colour": facts.only(knob["bed.exponent"], bed),
        "reverb_s": facts.only(knob["room.decay"], room),
        "reverb": facts.only(knob["room.mix"], room),
    }


def _tail(events: PlannedEvents, bed_db: Tensor, measured: Measurements) -> Tensor:
    """Whether a room is heard at all: for 50 ms in which nothing happens, above the bed: bool (batch,)."""
    start, end, happens = (x[:, :N_EVENTS, None] for x in (events.onset_s, events.offset_s, events.active))
    time_s = (torch.arange(measured.envelope.shape[1], device=bed_db.device) + 0.5) * measured.block_s
    busy = (happens & (time_s > start - _BLUR_S) & (time_s < end + _BLUR_S)).any(dim=1)
    peak = measured.envelope.amax(dim=1, keepdim=True)
    above = torch.maximum(2 * 10 ** (bed_db[:, None] / 20), 0.01 * peak)
    return ((measured.envelope > above) & ~busy).sum(dim=1) * measured.block_s > 0.05


def levels_db(synth: Soundscape, physical: Tensor) -> Tensor:
    """Peaks of the events, and the level of the bed: (batch, n_events)."""
    knob = Knobs(synth.space, physical)
    return torch.stack([*(knob[f"event_{e}.level"] for e in range(1, N_EVENTS + 1)), knob["bed.level"]], dim=1)


ALONE = (*scenes.TIMES, *scenes.TONES)
