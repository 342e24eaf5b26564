"""Plucked: damping and decay of a string, where it is louder than its plectrum."""

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.causes.modal import ring_s
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, steps
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument

_DAMPING = Fact("string_damping", "none", 0.15, False, "faster decay of high partials: 0 is steel, 1.5 is nylon")
_RULES = (
    Rule("plucked", "event", "string_damping"),
    *steps((0.5, 1.0), ("steel string", "wound string", "nylon string"), "source", "string_damping"),
    Rule("harp-like", "function", "string_damping", 0.6, also=(Range("ring_s", 2), Range("pitch_hz", 250))),
    Rule("bass guitar-like", "function", "string_damping", also=(Range("pitch_hz", high=110),)),
)

_PHRASES = {"material": (one("steel", "string_damping", -9, 0.5), one("nylon", "string_damping", 1))}


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Plucked, each (batch,)."""
    knob = Knobs(synth.space, physical)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    rings = (knob["output.string"] > 0.3 * knob["output.plectrum"]) & (measured.facts["noise_share"] < 0.5)
    rich = rings & (measured.facts["brightness_hz"] > 1.3 * f0_hz)
    return {
        "source": facts.only(torch.zeros_like(f0_hz), rings),
        "string_damping": facts.only(knob["string.damping"], rich),
        "ring_s": ring_s(knob["string.decay"], measured, rings),
        "pitch_hz": facts.confirmed("pitch_hz", f0_hz[:, None], measured),
    }


CAUSES = Causes(
    sources={"string": ("plucked string", "guitar-like string")},
    facts=(facts.SOURCE, facts.RING, _DAMPING),
    rules=_RULES,
    phrases=_PHRASES,
    from_theta=facts_from_theta,
)
