"""Scenes: which of the planned events are measured, how many of what, and in which order.

The file of a scene's causes gives, beside what every file gives (`causes`), ``levels_db(synth, physical)``: the level
of every event as planned, (batch, n_events); `ORDERED`, the sources whose order is worth a word; `WITHIN`, those
that are no events of their own; `ALONE`, what is true of one event alone, such as its pitch. Its `SOURCES` are the
scene's, in their order. Its `known` is given a fourth argument: the planned events.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from doppelganger.labels.labels import Events, Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.procedural import scene

# Facts that are those of one event only where there is one.
TIMES = ("attack_s", "decay_s", "sustain", "swell", "n_attacks")
TONES = (
    "pitch_hz", "glide", "glide_rate", "vibrato_hz", "vibrato", "tremolo_hz", "tremolo", "overtones_db", "even_db",
    "inharmonicity", "brightening",
)  # fmt: skip

_MASKED_DB, _COVERED, _FAINT_DB = 20.0, 0.8, 60.0
_FLOOR = 0.01
_TOGETHER_S = 0.3
_NUMBERS = ("one event", "two events", "three events", "four events", "five events")


def heard_events(planned: scene.PlannedEvents, levels_db: Tensor, measured: Measurements) -> Events:
    """The events of scenes as far as they are measured: the others are no longer active.

    Not heard is what lies under an event more than 20 dB louder for most of its time, what is planned 60 dB below the
    loudest, and what has no more than a hundredth of the scene's peak while it lasts.
    """
    onset, offset = planned.onset_s, planned.offset_s
    overlap = torch.minimum(offset[:, :, None], offset[:, None]) - torch.maximum(onset[:, :, None], onset[:, None])
    covered = overlap > _COVERED * (offset - onset)[:, :, None]
    louder = levels_db[:, None] > levels_db[:, :, None] + _MASKED_DB
    masked = (covered & louder & planned.active[:, None]).any(dim=2)
    loudest_db = levels_db.masked_fill(~planned.active, -math.inf).amax(dim=1, keepdim=True)
    faint = levels_db < loudest_db - _FAINT_DB
    time_s = (torch.arange(measured.envelope.shape[1], device=onset.device) + 0.5) * measured.block_s
    inside = (time_s >= onset[:, :, None]) & (time_s <= offset[:, :, None])
    loudest = (measured.envelope[:, None] * inside).amax(dim=2)
    there = loudest > _FLOOR * measured.envelope.amax(dim=1, keepdim=True)
    return Events(onset.float(), offset.float(), planned.source, planned.active & ~masked & ~faint & there)


def facts(sources: Sequence[str], ordered: Sequence[str]) -> tuple[Fact, ...]:
    """Of a scene of these sources: how many events, of what, what comes first and last, and in which order."""
    return (
        Fact("n_events", "none", 1, False, "how many events are heard"),
        Fact("first_source", "choice", 1, False, "what sounds first, as an index into the sources"),
        Fact("last_source", "choice", 1, False, "what starts last, as an index into the sources"),
        *(Fact(f"n {source}", "none", 1, False, f"how often {source} is heard") for source in sources),
        *(Fact(f"{a} to {b}", "s", 0.2, False, f"from the first {a} to the first {b}") for a, b in _pairs(ordered)),
    )


def rules(sources: Sequence[str], ordered: Sequence[str]) -> list[Rule]:
    """Tags of a scene of these sources; "first_source" and "last_source" count them."""
    found = [Rule(word, "scene", "n_events", i, i + 1) for i, word in enumerate(_NUMBERS, start=1)]
    for i, source in enumerate(sources):
        found.append(Rule(source, "source", f"n {source}", 1))
        if source in ordered:
            found.append(Rule(f"repeated {source}", "event", f"n {source}", 2))
            found.append(Rule(f"begins with {source}", "event", "first_source", i, i + 1))
            found.append(Rule(f"ends with {source}", "event", "last_source", i, i + 1))
    for a, b in _pairs(ordered):
        found.append(Rule(f"{a} then {b}", "scene", f"{a} to {b}", _TOGETHER_S))
        found.append(Rule(f"{b} then {a}", "scene", f"{a} to {b}", -math.inf, -_TOGETHER_S))
        found.append(Rule(f"{a} with {b}", "scene", f"{a} to {b}", -_TOGETHER_S, _TOGETHER_S))
    return found


def facts_from_theta(
    events: Events, sources: Sequence[str], ordered: Sequence[str], alone: Sequence[str], within: Sequence[str]
) -> dict[str, Tensor]:
    """Values of `facts`, each (batch,); and nan for the facts `alone` where more than one event is measured.

    Sources that are only heard `within` others are no events of their own.
    """
    numbers = torch.arange(len(sources), device=events.source.device)
    is_of = (events.source[:, :, None] == numbers) & events.active[:, :, None]
    count = is_of.sum(dim=1).float()
    first_s = torch.where(is_of, events.onset_s[:, :, None], math.inf).amin(dim=1)
    first_s = first_s.where(first_s < math.inf, math.nan)
    own = torch.tensor([source not in within for source in sources], device=numbers.device)
    event = (is_of & own).any(dim=2)
    n_events = event.sum(dim=1)
    place = [torch.where(event, sign * events.onset_s, math.inf).argmin(dim=1, keepdim=True) for sign in (1, -1)]
    ends = [events.source.gather(1, p)[:, 0].float().where(n_events > 0, math.nan) for p in place]
    column = {source: i for i, source in enumerate(sources)}
    several = torch.where(n_events == 1, 0.0, math.nan)
    before, after = ([column[pair[end]] for pair in _pairs(ordered)] for end in (0, 1))
    apart_s = (first_s[:, after] - first_s[:, before]).unbind(dim=1)
    return {
        "n_events": n_events.float(),
        "first_source": ends[0],
        "last_source": ends[1],
        "source": ends[0].where(((count > 0) & own).sum(dim=1) == 1, math.nan),
        **{f"n {source}": n for source, n in zip(sources, count.unbind(dim=1), strict=True)},
        **{f"{a} to {b}": apart for (a, b), apart in zip(_pairs(ordered), apart_s, strict=True)},
        **dict.fromkeys(alone, several),
    }


def _pairs(ordered: Sequence[str]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]]
