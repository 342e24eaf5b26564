"""Modal: the body that is struck, its material, and the mallet."""

import math

import torch
from torch import Tensor

from doppelganger.labels.captions.phrases import scale
from doppelganger.labels.causes import facts
from doppelganger.labels.causes.causes import Causes
from doppelganger.labels.causes.control import Knobs
from doppelganger.labels.conditions import Range
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule, steps
from synths.dsp.oscillators import midi_to_hz
from synths.instrument import Instrument
from synths.modules.struck_body import mode_octaves

_BODIES, _MATERIALS, _EDGES = ("bar", "plate", "bell"), ("metal", "glass", "wood"), (0.5, 1.3)
_RULES = (
    Rule("struck", "event", "body"),
    *steps(_EDGES, _MATERIALS, "source", "material"),
    *(
        Rule(f"{material} {body}", "source", "source", i, i + 1, (Range("material", low, high),))
        for i, body in enumerate(_BODIES)
        for material, low, high in zip(_MATERIALS, (-math.inf, *_EDGES), (*_EDGES, math.inf), strict=True)
    ),
    *steps((0.0003, 0.0009), ("hard mallet", "medium mallet", "soft mallet"), "trait", "contact_s"),
    Rule("chime", "function", "material", high=0.6, also=(Range("ring_s", 1), Range("pitch_hz", 500))),
    Rule("marimba-like", "function", "material", 1.3, also=(Range("body", high=0.5),)),
    Rule("gong-like", "function", "body", 0.7, 1.4, (Range("ring_s", 1.5), Range("pitch_hz", high=300))),
)

_PHRASES = {
    "how": scale(
        "contact_s",
        (0.0003, 0.0009),
        "struck with a hard mallet/hit with a hard stick",
        "struck with a medium mallet/hit with a mallet",
        "struck with a soft mallet/hit with a felt mallet",
    )
}


def facts_from_theta(synth: Instrument, physical: Tensor, measured: Measurements) -> dict[str, Tensor]:
    """Facts of a Modal, each (batch,)."""
    knob = Knobs(synth.space, physical)
    f0_hz = midi_to_hz(knob["keyboard.midi_f0"])
    struck = knob["output.body"] > 0.3 * knob["output.mallet"]
    # Bodies differ in the modes above the lowest.
    bright = measured.facts["brightness_hz"]
    modes = struck & (measured.facts["noise_share"] < 0.5) & (bright > 1.2 * f0_hz)
    body = knob["body.body"]
    modes_hz = f0_hz[:, None] * mode_octaves(body).exp2()
    measured_hz = measured.facts["pitch_hz"]
    apart, nearest = (modes_hz / measured_hz[:, None]).log2().abs().min(dim=1)
    # Several modes may nearly repeat together after a period that is no mode's: the nearest is then the loudest one.
    pitch_hz = torch.where(struck, modes_hz.gather(1, nearest[:, None])[:, 0], measured_hz)
    return {
        "source": facts.only(body.round().clamp(0, 2), struck),
        "body": facts.only(body, modes),
        "material": facts.only(knob["body.material"], modes & (bright > 1.5 * f0_hz)),
        "contact_s": facts.only(knob["body.contact"], modes),
        "ring_s": ring_s(knob["body.decay"], measured, struck),
        "pitch_hz": facts.only(pitch_hz, measured_hz.isfinite()),
        **facts.with_pitch(measured, ~struck | (apart < 1 / 12)),
    }


def ring_s(decay_s: Tensor, measured: Measurements, rings: Tensor) -> Tensor:
    """Undamped decay time of a body, in s; nan where the measured decay within the clip does not agree: (batch,).

    Args:
        decay_s: decay time by 60 dB, from theta: (batch,).
        measured: measurements of the sounds.
        rings: whether the body is audible: bool (batch,).
    """
    fall_s = measured.facts["decay_s"]
    agrees = (3 * fall_s > decay_s / 2) & (3 * fall_s < 2 * decay_s)
    return facts.only(decay_s, rings & (agrees | fall_s.isnan()))


CAUSES = Causes(
    sources={"bar": ("bar", "chime bar"), "plate": ("plate",), "bell": ("bell",)},
    facts=(facts.SOURCE, facts.BODY, facts.MATERIAL, facts.CONTACT, facts.RING),
    rules=_RULES,
    phrases=_PHRASES,
    from_theta=facts_from_theta,
)
