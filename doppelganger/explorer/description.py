"""What labels say about a sound of the page: facts, tags, a caption and events."""

import warnings
from functools import lru_cache
from threading import Lock
from typing import Any

import torch

from doppelganger.explorer.sounds import audio_synth_of, render, theta_of
from doppelganger.explorer.state import State
from doppelganger.labels.labeller import Labeller
from doppelganger.labels.labels import Events
from doppelganger.labels.plain_labels import plain_labels
from synths.procedural.scene import PlannedEvents, Scene

_labelling = Lock()


def describe(state: State, view: str = "") -> dict[str, Any]:
    """Facts, tags by aspect, caption and audible events of one sound; facts that are inaudible are left out.

    Raises:
        ValueError: a synth of pictures.
    """
    synth, sound = audio_synth_of(state), render(state, view)
    with _labelling, torch.inference_mode():
        labeller = _labeller(state.synth, state.preset, state.seconds, state.sample_rate, state.seed)
        labels = labeller(torch.tensor([state.index]), theta_of(state, view), sound[None])
        plain = plain_labels(labeller, labels)
        facts = [
            {"name": fact.name, "value": value, "unit": fact.unit, "meaning": fact.doc.partition(", as an index")[0]}
            for fact, value in plain.present
        ]
        audible = _rows(labels.events, labeller.sources) if isinstance(synth, Scene) else []
    return {"facts": facts, "tags": plain.by_aspect, "caption": plain.caption, "events": audible}


def planned_events(state: State, view: str = "") -> list[dict[str, Any]]:
    """Onset and offset in s and source of the events of a scene, as theta plans them; none for other synths."""
    synth = audio_synth_of(state)
    return _rows(synth.events(theta_of(state, view)), synth.sources) if isinstance(synth, Scene) else []


def _rows(events: Events | PlannedEvents, sources: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = (column[0].tolist() for column in events)
    return [
        {"onset_s": round(onset, 4), "offset_s": round(offset, 4), "source": sources[int(source)]}
        for onset, offset, source, active in zip(*columns, strict=True)
        if active
    ]


@lru_cache(maxsize=8)
def _labeller(name: str, preset: str, seconds: float, sample_rate: int, seed: int) -> Labeller:
    synth = audio_synth_of(State(name, preset, seconds=seconds, sample_rate=sample_rate))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on synths without causes, whose labels are measured alone
        return Labeller(synth, seed)
