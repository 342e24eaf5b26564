"""Plucked: a string, where it is louder than its plectrum."""

import torch
from torch import Tensor

from doppelganger.labels import known as k
from doppelganger.labels.causes.modal import ring_s
from doppelganger.labels.control import Knobs
from doppelganger.labels.descriptors import Heard
from doppelganger.labels.labels import Fact
from doppelganger.labels.phrases import one
from doppelganger.labels.ranges import Range
from doppelganger.labels.tags import Rule, steps
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument

SOURCES = {"string": ("plucked string", "string", "guitar-like string")}
_DAMPING = Fact("string_damping", "none", 0.15, False, "how much faster high partials die: 0 is steel, 1.5 is nylon")
FACTS = (k.SOURCE, k.RING, _DAMPING)
RULES = (
    Rule("plucked", "event", "string_damping"),
    *steps((0.5, 1.0), ("steel string", "wound string", "nylon string"), "source", "string_damping"),
    Rule("harp-like", "function", "string_damping", 0.6, also=(Range("ring_s", 2), Range("pitch_hz", 250))),
    Rule("bass guitar-like", "function", "string_damping", also=(Range("pitch_hz", high=110),)),
)

PHRASES = {"material": (one("steel", "string_damping", -9, 0.5), one("nylon/soft", "string_damping", 1))}


def known(synth: Instrument, physical: Tensor, heard: Heard) -> dict[str, Tensor]:
    """Facts of a Plucked, each (batch,)."""
    knob = Knobs(synth.space, physical)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    rings = (knob["output.string"] > 0.3 * knob["output.plectrum"]) & (heard.facts["noise_share"] < 0.5)
    rich = rings & (heard.facts["brightness_hz"] > 1.3 * f0_hz)
    return {
        "source": k.only(torch.zeros_like(f0_hz), rings),
        "string_damping": k.only(knob["string.damping"], rich),
        "ring_s": ring_s(knob["string.decay"], heard, rings),
        "pitch_hz": k.confirmed("pitch_hz", f0_hz[:, None], heard),
    }
