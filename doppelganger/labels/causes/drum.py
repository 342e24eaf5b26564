"""Drum: the drum-machine instrument that a patch comes nearest to."""

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import one
from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.conditions import Range
from doppelganger.labels.labels import Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.instrument import Instrument
from synths.modules.membrane import MODES

_SOURCES = {
    "kick": ("kick drum", "bass drum", "kick"),
    "tom": ("tom", "tom-tom"),
    "conga": ("conga", "hand drum"),
    "snare": ("snare drum", "snare"),
    "clap": ("handclap", "clap"),
    "shaker": ("shaker", "maraca"),
    "closed hat": ("closed hi-hat", "closed hat"),
    "open hat": ("open hi-hat", "open hat"),
    "cymbal": ("cymbal", "crash cymbal"),
}
_BEND = Fact("bend", "octave", 0.3, False, "downward pitch bend of a skin after the stroke")
_FLAM = Fact("flam_s", "s", 1.15, True, "time between the strokes of a flam")
_KICK, _TOM, _CONGA, _SNARE, _CLAP, _SHAKER, _CLOSED, _OPEN, _CYMBAL = range(9)
_RULES = (
    Rule("drum", "source", "source", 0, 9),
    Rule("hi-hat", "source", "source", _CLOSED, _CYMBAL),
    Rule("drum with skin", "source", "source", _KICK, _CLAP),
    Rule("pitch drop", "event", "bend", 0.5),
    Rule("deep pitch drop", "event", "bend", 2),
    Rule("flam", "event", "flam_s", 0.001),
    Rule("boom", "function", "source", _KICK, _TOM, (Range("decay_s", 0.25),)),
    Rule("punch", "function", "source", _KICK, _TOM, (Range("decay_s", high=0.25),)),
    Rule("electro tom", "function", "source", _TOM, _CONGA, (Range("bend", 1),)),
)

_PHRASES = {
    "how": (
        one("with a deep pitch drop/with a strong downward pitch bend", "bend", 1.5),
        one("with a pitch drop/with a downward pitch bend", "bend", 0.4, 1.5),
        one("with a flam/played as a flam", "flam_s", 0.001),
    )
}


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Drum, each (batch,)."""
    knob = Knobs(synth.space, physical)
    decay_s = {name: knob[f"{name}.decay"] for name in ("skin", "noise", "metal")}
    energy = torch.stack([knob[f"mixer.{name}"].square() * decay_s[name].clamp_max(0.5) for name in decay_s])
    skin, noise, metal = energy / energy.sum(dim=0).clamp_min(1e-12)
    hz, bright, noisy = knob["skin.frequency"], measured.facts["brightness_hz"], measured.facts["noise_share"]
    nothing = torch.full_like(skin, torch.nan)
    membrane = torch.where(hz < 85, _KICK, torch.where(hz < 220, _TOM, _CONGA)).double()
    membrane = torch.where((noise > 0.15) & (noisy > 0.15) & (hz > 100), _SNARE, membrane)
    flammed = knob["noise.flam"] > 0.4
    burst = torch.where(flammed, _CLAP, torch.where(skin > 0.1, _SNARE, _SHAKER)).double()
    hat = torch.where(decay_s["metal"] < 0.3, _CLOSED, torch.where(decay_s["metal"] < 1.2, _OPEN, _CYMBAL)).double()
    source = torch.where(skin > 0.6, membrane, nothing)
    source = torch.where((noise > 0.6) & (noisy > 0.3), burst, source)
    source = torch.where((metal > 0.6) & (bright > 2000), hat, source)
    pitches = torch.stack([hz * ratio for ratio, _ in MODES[:2]], dim=1)
    bent = (skin > 0.4) & (knob["skin.bend"] > 0.2) & (knob["skin.bend_time"] < 3 * decay_s["skin"])
    return {
        "source": facts.only(source, measured.facts["level_db"] > -60),
        "drive_db": facts.driven_db(knob["distortion.drive"], [knob[f"mixer.{name}"] for name in decay_s]),
        "bend": facts.only(knob["skin.bend"], bent),
        "flam_s": facts.only(knob["noise.spread"], flammed & (noise > 0.5) & (noisy > 0.3)),
        # Metal and noise have no pitch, even where a period is measured.
        "pitch_hz": facts.only(facts.confirmed("pitch_hz", pitches, measured), skin > 0.3),
        **{
            name: facts.only(measured.facts[name], skin > 0.3)
            for name in ("glide", "glide_rate", "vibrato", "vibrato_hz")
        },
    }


CAUSES = Causes(
    sources=_SOURCES,
    facts=(facts.SOURCE, facts.DRIVE, _BEND, _FLAM),
    rules=_RULES,
    phrases=_PHRASES,
    from_theta=facts_from_theta,
)
