"""The answers of the page's server to requests, by path."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doppelganger.explorer import code, pictures, sounds
from doppelganger.explorer.classify import LabelledClips
from doppelganger.explorer.description import describe, planned_events
from doppelganger.explorer.map import MOST_SOUNDS, SoundMap, names_of
from doppelganger.explorer.matching import Searches
from doppelganger.explorer.similarity import Similarity
from doppelganger.explorer.state import MOST_NUMBER, Query, State, synths, whole
from synths import presets
from synths.files import encoding
from synths.parameters.parameter import Parameter
from synths.patterns.pattern import Pattern
from synths.procedural.scene import Scene


@dataclass(frozen=True)
class Answer:
    """A body, its media type, and the name under which a browser saves it, or ""."""

    body: bytes
    media_type: str = "application/json"
    file_name: str = ""


class Api:
    """Answers by path; each takes a query, and for an upload its bytes, and raises ValueError for a wrong one.

    Args:
        encoder: encoder of similarities, as `find_encoder` takes it.
        folder: folder of recordings for the map, or None.
    """

    def __init__(self, encoder: str, folder: Path | None = None):
        self.similarity = Similarity(encoder)
        self.map = SoundMap(self.similarity, folder)
        clips, searches = LabelledClips(self.similarity), Searches()
        self.routes: dict[str, Callable[[Query], Answer]] = {
            "/api/synths": lambda _: _json(catalogue()),
            "/api/synth": lambda query: _json(parameters(State.read(query))),
            "/api/sounds": _sounds,
            "/api/describe": lambda query: _json(describe(State.read(query), _view(query))),
            "/api/similarity": lambda query: _json(self.similarity(State.read(query))),
            "/api/code": _code,
            "/api/sound.wav": _wav,
            "/api/picture.png": _png,
            "/api/preset.yaml": _preset,
            "/api/map": self._map,
            "/api/file.wav": lambda query: Answer(self.map.wav(whole(query, "file", 0, MOST_NUMBER)), "audio/wav"),
            "/api/search": lambda query: _json(searches.report(query)),
            "/api/search.wav": lambda query: Answer(searches.wav(query), "audio/wav", "match.wav"),
        }
        self.uploads: dict[str, Callable[[Query, bytes], Answer]] = {
            "/api/clip": lambda _, data: _json(clips.add(data)),
            "/api/accuracy": lambda _, data: _json(clips.score(data)),
            "/api/match": lambda query, data: _json(searches.start(query, data)),
            "/api/stop": lambda query, _: _json(searches.stop(query)),
        }

    def _map(self, query: Query) -> Answer:
        sounding = [name for name, cls in synths().items() if not issubclass(cls, Pattern)]
        names = names_of(query.get("synths", [""])[-1], sounding)
        n = whole(query, "sounds", 25, MOST_SOUNDS)
        return _json(self.map.make(names, n, whole(query, "seed", 0, MOST_NUMBER)))


def catalogue() -> list[dict[str, Any]]:
    """Name, kind, number of parameters, presets and summary of every synth."""
    kinds = (("pattern", Pattern), ("scene", Scene))
    return [
        {
            "name": name,
            "kind": next((kind for kind, base in kinds if issubclass(cls, base)), "synth"),
            "presets": presets.names(name),
            "summary": (cls.__doc__ or "").strip().partition("\n")[0],
        }
        for name, cls in synths().items()
    ]


def parameters(state: State) -> list[dict[str, Any]]:
    """Range, unit, curve and meaning of every parameter, with the module it belongs to and the names of choices."""
    space = sounds.synth_of(state).space
    rows = zip(space.describe(), space, strict=True)
    return [{**row, "module": p.name.rpartition(".")[0], "options": _options(p)} for row, p in rows]


def _options(p: Parameter) -> list[str]:
    """Names of a choice's options: as its doc numbers them ("0 saw, 1 square") or counts them ("1 to 5")."""
    if p.unit != "choice":
        return []
    numbers = range(int(p.low), max(int(p.low) + 1, int(-(-p.high // 1))))
    named = dict(re.findall(r"(?<![\w.])(\d+) ([A-Za-z][\w -]*)", p.doc))
    complete = all(str(n) in named for n in numbers)
    if complete:
        return [named[str(n)] for n in numbers]
    spans = ((int(a), int(b)) for a, b in re.findall(r"(?<![\w.])(\d+) to (\d+)", p.doc))
    first = next((a for a, b in spans if b - a + 1 == len(numbers)), numbers.start)
    return [str(first + i) for i in range(len(numbers))]


def _sounds(query: Query) -> Answer:
    """Pictures and values of the views of a state, all or those that `view` names."""
    state = State.read(query)
    views = [_view(query)] if "view" in query else state.views
    synth = sounds.synth_of(state)
    used = sounds.in_use(synth, sounds.theta_of(state)).tolist()
    answer = [{"view": view, **_view_of(state, view)} for view in views]
    return _json({"query": state.query(), "in_use": used, "views": answer})


def _view_of(state: State, view: str) -> dict[str, Any]:
    sound, synth, theta = sounds.render(state, view), sounds.synth_of(state), sounds.theta_of(state, view)
    values = {
        "theta": [round(x, 6) for x in theta[0].tolist()],
        "physical": [float(f"{x:.7g}") for x in synth.space.to_physical(theta)[0].tolist()],
    }
    if state.is_pattern:
        return {**values, "picture": pictures.pattern(sound)}
    picture = pictures.spectrogram(sound, state.sample_rate)
    peak = round(float(sound.abs().max()), 5)
    events = planned_events(state, view)
    return {**values, "picture": picture, "outline": pictures.outline(sound), "peak": peak, "events": events}


def _code(query: Query) -> Answer:
    state, view = State.read(query), _view(query)
    command = "" if state.is_pattern else code.command(state, view)
    return _json({"python": code.python(state), "command": command})


def _wav(query: Query) -> Answer:
    state, view = State.read(query), _view(query)
    rate = sounds.audio_synth_of(state).sample_rate
    return Answer(encoding.encode(sounds.render(state, view), rate, "wav"), "audio/wav", f"{_name(state, view)}.wav")


def _png(query: Query) -> Answer:
    state, view = State.read(query), _view(query)
    if not state.is_pattern:
        raise ValueError(f"{state.synth} makes sounds; expected a synth of pictures")
    return Answer(pictures.png(sounds.render(state, view)), "image/png", f"{_name(state, view)}.png")


def _preset(query: Query) -> Answer:
    state, view = State.read(query), _view(query)
    return Answer(code.preset(state, view).encode(), "application/yaml", f"{_name(state, view)}.yaml")


def _name(state: State, view: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', state.synth)}-{state.index:06d}{'-' * bool(view)}{view}"


def _view(query: Query) -> str:
    view = query.get("view", [""])[-1]
    views = State.read(query).views
    if view not in views:
        raise ValueError(f"view: expected one of {', '.join(views[1:]) or 'none'}, or nothing; got {view[:40]!r}")
    return view


def _json(data: Any) -> Answer:
    return Answer(json.dumps(data, separators=(",", ":"), allow_nan=False).encode())
