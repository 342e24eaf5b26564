"""The catalogue: every synth of this package and of installed plug-ins, by name."""

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from synths.plugins import Loaders, Plugins
from synths.synth import Synth

Kind = TypeVar("Kind", bound=Synth)


def catalogue(kind: type[Kind] = Synth, on_broken: Callable[[str], object] = warnings.warn) -> dict[str, type[Kind]]:
    """Every concrete synth of one kind by name, in alphabetical order: ours, and those of installed packages.

    Args:
        kind: base class, such as `AudioSynth`.
        on_broken: called with the error of each plug-in that cannot be used, which is then left out.
    """
    return {name: cls for name, cls in SYNTHS.every(on_broken).items() if issubclass(cls, kind)}


def built_in(kind: type[Kind] = Synth) -> dict[str, type[Kind]]:
    """Every concrete synth of this package, of one kind, by its short name, in alphabetical order.

    Only those that can be made without arguments: `SynthBank` is none of them.
    """
    return {name: cls for name, cls in _built_in().items() if issubclass(cls, kind)}


@cache
def _built_in() -> dict[str, type[Synth]]:
    package = importlib.import_module("synths")
    for module in pkgutil.walk_packages(package.__path__, "synths."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = [cls for cls in _subclasses(Synth) if cls.__module__.startswith("synths.") and not _needs_arguments(cls)]
    return {cls.short_name(): cls for cls in sorted(ours, key=lambda cls: cls.short_name())}


def find(name: str, kind: type[Kind] = Synth) -> Callable[..., Kind]:
    """The class of the synth of that name, of one kind, see `catalogue`.

    Args:
        name: short name of one of ours, name of an installed plug-in, or "package.module:Class".
        kind: base class that it must have.

    Raises:
        ValueError: no such synth, the nearest names are listed; or it is of another kind, or cannot be loaded.
    """
    synth = SYNTHS.find(name)
    if not issubclass(synth, kind):
        raise ValueError(f"{name} makes {synth.makes}, not {kind.makes}; expected one of {', '.join(catalogue(kind))}")
    return synth


def _subclasses(base: type) -> list[type]:
    children = [grand for child in base.__subclasses__() for grand in (child, *_subclasses(child))]
    return [child for child in children if not inspect.isabstract(child)]


def _needs_arguments(cls: type) -> bool:
    parameters = inspect.signature(cls).parameters.values()
    return any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _loaders() -> Loaders:
    return {name: lambda cls=cls: cls for name, cls in _built_in().items()}


SYNTHS = Plugins("synth", "doppelganger.synths", _loaders, base=Synth)
