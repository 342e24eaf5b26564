"""Causes of scenes: which of the planned events are audible, of which sources, and in which order."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from doppelganger.labels.causes.causes import Causes, require
from doppelganger.labels.labels import Events, Fact
from doppelganger.labels.measure.measurements import Measurements
from doppelganger.labels.tags.rule import Rule
from synths.procedural.scene import PlannedEvents

# Facts of one event, for `SceneCauses.alone`.
TIMES = ("attack_s", "decay_s", "sustain", "swell", "n_attacks")
TONES = (
    "pitch_hz", "glide", "glide_rate", "vibrato_hz", "vibrato", "tremolo_hz", "tremolo", "overtones_db", "even_db",
    "inharmonicity", "brightening",
)  # fmt: skip

_MASKED_DB, _COVERED, _FAINT_DB = 20.0, 0.8, 60.0
_FLOOR = 0.01
_TOGETHER_S = 0.3
_NUMBERS = ("one event", "two events", "three events", "four events", "five events")


@dataclass(frozen=True, kw_only=True)
class SceneCauses(Causes):
    """Causes of a `Scene`: its sources are those of the scene, in their order.

    Args:
        from_theta: takes a fourth argument, the scene's `PlannedEvents`.
        levels_db: (synth, physical) -> planned level of every event in dB, (batch, n_events).
        ordered: sources whose order in time gives tags.
        within: sources that are not counted as events, such as background noise.
        alone: facts of a single event, such as its pitch; nan where several events are audible.
    """

    levels_db: Callable[..., Tensor]
    ordered: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    def __post_init__(self):
        super().__post_init__()
        if not callable(self.levels_db):
            raise ValueError(f"levels_db: expected a function; got {self.levels_db}")
        require("ordered", self.ordered, self.sources)
        require("within", self.within, self.sources)
        require("alone", self.alone, self._fact_names())

    def all_facts(self) -> tuple[Fact, ...]:
        return (*self.facts, *facts(tuple(self.sources), self.ordered))

    def all_rules(self) -> tuple[Rule, ...]:
        return (*self.rules, *rules(tuple(self.sources), self.ordered))

    def n_events(self, synth: Any) -> int:
        return synth.events(torch.full((1, len(synth.space)), 0.5)).onset_s.shape[1]

    def facts_and_events(
        self, synth: Any, physical: Tensor, measured: Measurements
    ) -> tuple[dict[str, Tensor], Events]:
        # A bank with narrowed ranges has another theta than the scene.
        planned = synth.events(synth.space.to_theta(physical))
        found = self.from_theta(synth, physical, measured, planned)
        events = audible_events(planned, self.levels_db(synth, physical), measured)
        found |= event_facts(events, tuple(self.sources), self.ordered, self.within)
        single = found["n_events"] == 1
        found |= {name: (measured.facts | found)[name].where(single, math.nan) for name in self.alone}
        return found, events


def audible_events(planned: PlannedEvents, levels_db: Tensor, measured: Measurements) -> Events:
    """The planned events of scenes, of which only audible ones stay active.

    Inaudible events are those that overlap with an event more than 20 dB louder for most of their duration, those
    planned 60 dB below the loudest, and those during which the envelope stays below a hundredth of the scene's peak.

    Args:
        planned: the events of scenes, each tensor (batch, n_events).
        levels_db: planned levels of the events: (batch, n_events).
        measured: measurements of the scenes.
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
    """Facts of the events of a scene: their number, their sources and their order."""
    return (
        Fact("n_events", "none", 1, False, "number of audible events"),
        Fact("first_source", "choice", 1, False, "source of the event that starts first, as an index"),
        Fact("last_source", "choice", 1, False, "source of the event that starts last, as an index"),
        *(Fact(f"n {source}", "none", 1, False, f"number of audible events of source {source}") for source in sources),
        *(
            Fact(f"{a} to {b}", "s", 0.2, False, f"time from the first {a} to the first {b}")
            for a, b in _pairs(ordered)
        ),
    )


def rules(sources: Sequence[str], ordered: Sequence[str]) -> list[Rule]:
    """Rules of tags on `facts`."""
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


def event_facts(
    events: Events, sources: Sequence[str], ordered: Sequence[str], within: Sequence[str]
) -> dict[str, Tensor]:
    """Values of `facts` and of "source", each (batch,)."""
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
    before, after = ([column[pair[end]] for pair in _pairs(ordered)] for end in (0, 1))
    apart_s = (first_s[:, after] - first_s[:, before]).unbind(dim=1)
    return {
        "n_events": n_events.float(),
        "first_source": ends[0],
        "last_source": ends[1],
        "source": ends[0].where(((count > 0) & own).sum(dim=1) == 1, math.nan),
        **{f"n {source}": n for source, n in zip(sources, count.unbind(dim=1), strict=True)},
        **{f"{a} to {b}": apart for (a, b), apart in zip(_pairs(ordered), apart_s, strict=True)},
    }


def _pairs(ordered: Sequence[str]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]]
