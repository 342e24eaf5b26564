"""State: everything that a sound of the page depends on, as a query string of bounded values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase
from urllib.parse import urlencode

from synths.finding import catalogue
from synths.patterns.pattern import Pattern
from synths.presets import names as preset_names
from synths.synth import Synth

MOST_DOPPELGANGERS, MOST_VALUES, MOST_NUMBER = 8, 1000, 2**31 - 1
SECONDS, MOST_DELTA = (0.1, 10.0), 1.0
SAMPLE_RATES = (16000, 22050, 44100)

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class State:
    """A sound, its doppelgängers and how they are rendered.

    Args:
        synth: name of a synth of the catalogue. A class path is refused: a link must not import code.
        preset: name of a preset of the synth, or "".
        seed, index: number of the sound, see `Synth.play`.
        delta: standard deviation of the perturbation, in theta.
        n: number of doppelgängers, whose views are "a", "b", ...
        seconds: length of a sound.
        sample_rate: in Hz, one of `SAMPLE_RATES`.
        values: parameters that were set by hand, in physical units, sorted by name.
    """

    synth: str = "voice"
    preset: str = ""
    seed: int = 0
    index: int = 0
    delta: float = 0.1
    n: int = 3
    seconds: float = 1.0
    sample_rate: int = 16000
    values: tuple[tuple[str, float], ...] = ()

    @classmethod
    def read(cls, query: Query) -> State:
        """The state of a query string, as `urllib.parse.parse_qs` reads it.

        Raises:
            ValueError: an unknown synth or preset, or a value out of bounds, by its key.
        """
        synth = _one(query, "synth", cls.synth)
        if synth not in synths():
            raise ValueError(f"synth: expected one of {', '.join(synths())}; got {synth[:40]!r}")
        preset = _one(query, "preset", "")
        if preset and preset not in preset_names(synth):
            there = ", ".join(preset_names(synth)) or "none"
            raise ValueError(f"preset: expected a preset of {synth} ({there}); got {preset[:40]!r}")
        sample_rate = whole(query, "rate", cls.sample_rate, MOST_NUMBER)
        if sample_rate not in SAMPLE_RATES:
            raise ValueError(f"rate: expected one of {', '.join(map(str, SAMPLE_RATES))} Hz; got {sample_rate}")
        return cls(
            synth=synth,
            preset=preset,
            seed=whole(query, "seed", cls.seed, MOST_NUMBER),
            index=whole(query, "index", cls.index, MOST_NUMBER),
            delta=number(query, "delta", cls.delta, (0.0, MOST_DELTA)),
            n=whole(query, "n", cls.n, MOST_DOPPELGANGERS),
            seconds=number(query, "seconds", cls.seconds, SECONDS),
            sample_rate=sample_rate,
            values=_values(query.get("set", ())),
        )

    def query(self) -> str:
        """The query string that `read` reads."""
        pairs: list[tuple[str, str]] = [("synth", self.synth)]
        pairs += [("preset", self.preset)] if self.preset else []
        pairs += [("seed", str(self.seed)), ("index", str(self.index)), ("delta", repr(self.delta))]
        pairs += [("n", str(self.n)), ("seconds", repr(self.seconds)), ("rate", str(self.sample_rate))]
        return urlencode([*pairs, *(("set", f"{name}={value!r}") for name, value in self.values)])

    @property
    def views(self) -> list[str]:
        """ "" for the original, then a letter a doppelgänger."""
        return ["", *ascii_lowercase[: self.n]]

    @property
    def is_pattern(self) -> bool:
        """Whether the synth makes pictures."""
        return issubclass(synths()[self.synth], Pattern)


@cache
def synths() -> dict[str, type[Synth]]:
    """Every synth by name; installed plug-ins that cannot be loaded are left out with a warning."""
    return catalogue(Synth)


def whole(query: Query, key: str, default: int, most: int) -> int:
    """A whole number of a query.

    Raises:
        ValueError: not a whole number from 0 to `most`.
    """
    text = _one(query, key, str(default))
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) > most:
        raise ValueError(f"{key}: expected a whole number from 0 to {most}; got {text[:40]!r}")
    return int(text)


def number(query: Query, key: str, default: float, bounds: tuple[float, float]) -> float:
    """A number of a query.

    Raises:
        ValueError: not a number within the bounds, both included.
    """
    text = _one(query, key, repr(default))
    value = _float(text)
    if not bounds[0] <= value <= bounds[1]:
        raise ValueError(f"{key}: expected a number from {bounds[0]:g} to {bounds[1]:g}; got {text[:40]!r}")
    return value


def _one(query: Query, key: str, default: str) -> str:
    return query[key][-1] if query.get(key) else default


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _values(settings: Sequence[str]) -> tuple[tuple[str, float], ...]:
    if len(settings) > MOST_VALUES:
        raise ValueError(f"set: expected at most {MOST_VALUES} parameters; got {len(settings)}")
    values = {}
    for setting in settings:
        name, _, text = setting.rpartition("=")
        if not name or not math.isfinite(_float(text)):
            raise ValueError(f"set: expected NAME=VALUE; got {setting[:60]!r}")
        values[name] = _float(text)
    return tuple(sorted(values.items()))
