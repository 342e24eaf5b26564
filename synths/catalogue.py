"""The catalogue: every synth in this package, found by walking it."""

import difflib
import importlib
import inspect
import pkgutil
from functools import cache

from synths.synth import Synth


@cache
def catalogue() -> dict[str, type[Synth]]:
    """Every concrete synth of this package by its short name, in alphabetical order."""
    package = importlib.import_module("synths")
    for module in pkgutil.walk_packages(package.__path__, "synths."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {cls.short_name(): cls for cls in _subclasses(Synth) if cls.__module__.startswith("synths.")}
    return dict(sorted(found.items()))


def find(name: str) -> type[Synth]:
    """The synth with this short name.

    Raises:
        ValueError: no such synth; the nearest names are listed.
    """
    synths = catalogue()
    if name not in synths:
        near = difflib.get_close_matches(name, synths, n=3, cutoff=0.4) or list(synths)
        raise ValueError(f"unknown synth {name!r}; did you mean {', '.join(near)}?")
    return synths[name]


def _subclasses(base: type) -> list[type]:
    children = [grand for child in base.__subclasses__() for grand in (child, *_subclasses(child))]
    return [child for child in children if not inspect.isabstract(child)]
