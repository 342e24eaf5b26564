"""The catalogue: every synth in this package, found by walking it."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from synths.synth import Synth

Kind = TypeVar("Kind", bound=Synth)


def catalogue(kind: type[Kind] = Synth) -> dict[str, type[Kind]]:
    """Every concrete synth of this package by its short name, in alphabetical order; of one kind, `AudioSynth` say."""
    return {name: cls for name, cls in _catalogue().items() if issubclass(cls, kind)}


@cache
def _catalogue() -> dict[str, type[Synth]]:
    package = importlib.import_module("synths")
    for module in pkgutil.walk_packages(package.__path__, "synths."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {cls.short_name(): cls for cls in _subclasses(Synth) if cls.__module__.startswith("synths.")}
    return dict(sorted(found.items()))


def find(name: str, kind: type[Kind] = Synth) -> Callable[..., Kind]:
    """The class of the synth with this short name, of one kind, see `catalogue`.

    Raises:
        ValueError: no such synth, the nearest names are listed; or it is of another kind.
    """
    synths = catalogue(kind)
    if name not in synths and name in catalogue():
        raise ValueError(f"{name} is no {kind.__name__}; expected one of {', '.join(synths)}")
    if name not in synths:
        near = difflib.get_close_matches(name, synths, n=3, cutoff=0.4) or list(synths)
        raise ValueError(f"unknown synth {name!r}; did you mean {', '.join(near)}?")
    return synths[name]


def _subclasses(base: type) -> list[type]:
    children = [grand for child in base.__subclasses__() for grand in (child, *_subclasses(child))]
    return [child for child in children if not inspect.isabstract(child)]
