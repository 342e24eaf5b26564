"""Scores: the notes of a window are its events, and the pitch of a note is its source."""

from typing import Any

from torch import Tensor

from doppelganger.labels.causes import facts, scenes
from doppelganger.labels.causes.scenes import SceneCauses
from doppelganger.labels.measure.measurements import Measurements
from synths.notes.pitch import HIGHEST, pitch_name
from synths.procedural.scene import PlannedEvents

_PITCHES = [pitch_name(number) for number in range(HIGHEST + 1)]


def facts_from_theta(synth: Any, physical: Tensor, measured: Measurements, planned: PlannedEvents) -> dict[str, Tensor]:
    """No facts beside those of the events."""
    return {}


def levels_db(synth: Any, physical: Tensor) -> Tensor:
    """Levels of the notes by their velocities, in dB: (batch, n_events)."""
    return synth.levels_db(physical)


CAUSES = SceneCauses(
    sources={pitch: (f"note {pitch.lower()}",) for pitch in _PITCHES},
    clauses={pitch: (f"a note {pitch.lower()} is played", f"the pitch {pitch.lower()} sounds") for pitch in _PITCHES},
    facts=(facts.SOURCE,),
    alone=(*scenes.TIMES, *scenes.TONES),
    from_theta=facts_from_theta,
    levels_db=levels_db,
)
