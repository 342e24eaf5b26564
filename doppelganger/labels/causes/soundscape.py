"""Soundscape: its sources, its background noise and its room."""

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes import facts, scenes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.causes.scenes import SceneCauses
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, steps
from synths.procedural.scene import PlannedEvents
from synths.procedural.soundscape import N_EVENTS, Soundscape

_SOURCES = {
    "glide": ("sliding tone", "gliding whistle"),
    "tone": ("held tone", "electronic tone"),
    "impact": ("struck object", "metallic knock"),
    "pluck": ("plucked string", "string pluck"),
    "blow": ("blown pipe", "flute-like tone"),
    "friction": ("scraping sound", "squeak"),
    "voice": ("voice", "human-like voice"),
    "call": ("animal call", "cry"),
    "rain": ("rain shower", "patter of rain"),
    "fire": ("crackling fire", "fire"),
    "wind": ("gust of wind", "wind gust"),
    "engine": ("engine", "motor"),
    "crowd": ("crowd", "babble of voices"),
    "bed": ("background noise", "steady hiss"),
}
_CLAUSES = {
    "glide": ("a tone glides", "a gliding tone sounds", "a siren-like tone sweeps"),
    "tone": ("a synthetic tone sounds", "a steady tone plays", "a buzzer sounds"),
    "impact": ("an object is struck", "a hard object rings", "a metallic knock sounds"),
    "pluck": ("a string is plucked", "a plucked string sounds"),
    "blow": ("a pipe is blown", "a flute-like tone plays", "air blows through a pipe"),
    "friction": ("something scrapes", "a surface is rubbed", "something squeaks"),
    "voice": ("a voice sings a vowel", "a voice sings", "someone hums"),
    "call": ("an animal calls", "a bird-like call sounds", "an animal cries out"),
    "rain": ("rain falls", "rain patters", "raindrops patter"),
    "fire": ("a fire crackles", "flames crackle"),
    "wind": ("wind blows", "wind howls", "a gust of wind passes"),
    "engine": ("an engine runs", "a motor rattles", "an engine idles"),
    "crowd": ("a crowd talks", "many people murmur", "voices babble"),
}
_COLOURS = (("white", -9, 0.5), ("pink", 0.5, 1.5), ("brown", 1.5, 9))
_PHRASES = {
    "bed": tuple(
        one(f"{level} {colour} noise", "bed_colour", low, high, Range("bed_db", a, b))
        for colour, low, high in _COLOURS
        for level, a, b in (("faint", -99, -55), ("soft", -55, -42), ("clearly audible", -42, 0))
    )
}
_BED_DB = Fact("bed_db", "dB", 3, False, "level of the background noise")
_BED_COLOUR = Fact("bed_colour", "none", 0.3, False, "exponent of 1 / f^exponent noise: 0 white, 1 pink, 2 brown")
_REVERB_S = Fact("reverb_s", "s", 1.3, True, "reverberation time: decay by 60 dB")
_REVERB = Fact("reverb", "ratio", 0.15, False, "wet level of the reverb")
_BLUR_S = 0.03  # smoothing of the envelope
_RULES = (
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
    # The background noise is audible if the quietest moment is hardly louder than it.
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
    """Whether reverb is audible: for 50 ms between events, above the background noise: bool (batch,)."""
    start, end, happens = (x[:, :N_EVENTS, None] for x in (events.onset_s, events.offset_s, events.active))
    time_s = (torch.arange(measured.envelope.shape[1], device=bed_db.device) + 0.5) * measured.block_s
    busy = (happens & (time_s > start - _BLUR_S) & (time_s < end + _BLUR_S)).any(dim=1)
    peak = measured.envelope.amax(dim=1, keepdim=True)
    above = torch.maximum(2 * 10 ** (bed_db[:, None] / 20), 0.01 * peak)
    return ((measured.envelope > above) & ~busy).sum(dim=1) * measured.block_s > 0.05


def levels_db(synth: Soundscape, physical: Tensor) -> Tensor:
    """Peak levels of the events, then the level of the background noise, in dB: (batch, n_events)."""
    knob = Knobs(synth.space, physical)
    return torch.stack([*(knob[f"event_{e}.level"] for e in range(1, N_EVENTS + 1)), knob["bed.level"]], dim=1)


CAUSES = SceneCauses(
    sources=_SOURCES,
    clauses=_CLAUSES,
    facts=(facts.SOURCE, _BED_DB, _BED_COLOUR, _REVERB_S, _REVERB),
    rules=_RULES,
    phrases=_PHRASES,
    ordered=tuple(_SOURCES)[:-1],
    within=("bed",),
    alone=(*scenes.TIMES, *scenes.TONES),
    from_theta=facts_from_theta,
    levels_db=levels_db,
)
