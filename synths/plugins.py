"""Plug-ins: things found by name, among ours, in installed packages, or at an import path."""

import difflib
import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from typing import Any

Loaders = Mapping[str, Callable[[], Any]]

_allowed: list[str] | None = None  # packages; None are all


def allow_only(packages: Sequence[str]) -> None:
    """From now on, plug-ins of other packages than these are refused before their import."""
    global _allowed
    _allowed = list(packages)


def are_restricted() -> bool:
    """Whether `allow_only` was called."""
    return _allowed is not None


def _require_allowed(path: str) -> None:
    module = path.partition(":")[0]
    if _allowed is not None and not any(f"{module}.".startswith(f"{package}.") for package in _allowed):
        raise ImportError(f"{module} is of none of the allowed packages, {', '.join(_allowed)}")


class Plugins:
    """All things of one kind, by name.

    A name is one of ours, an entry point of the group in an installed package, or an import path:
    "package.module" for a module, "package.module:Name" for something in it. A built-in name always means ours.

    Args:
        kind: what messages call one, such as "task".
        group: entry-point group, such as "doppelganger.tasks".
        built_in: returns the loader of each of ours by name, see `modules_of`.
        needs: names of the attributes that each must have.
        base: class that each must derive from, if they are classes.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Callable[[], Loaders],
        *,
        needs: tuple[str, ...] = (),
        base: type | None = None,
    ):
        self.kind, self.group, self.built_in, self.needs, self.base = kind, group, built_in, needs, base

    def names(self) -> list[str]:
        """Names of ours and of those installed, in alphabetical order. Loads none of them."""
        return sorted({*self.built_in(), *self.installed()})

    def installed(self) -> list[str]:
        """Names that installed packages declare, those of ours left out."""
        built_in = self.built_in()
        return sorted({entry.name for entry in metadata.entry_points(group=self.group)} - set(built_in))

    def declared_name(self, class_path: str) -> str | None:
        """Name under which an installed package declares "package.module.Name"; None if none does."""
        entries = metadata.entry_points(group=self.group)
        names = [entry.name for entry in entries if entry.value.replace(":", ".") == class_path]
        return next((name for name in names if name not in self.built_in()), None)

    def find(self, name: str) -> Any:
        """The thing of that name.

        Raises:
            ValueError: an unknown name (with the nearest ones), two packages that claim it, or a plug-in that
                cannot be loaded or lacks an attribute.
        """
        built_in = self.built_in()
        if name in built_in:
            return built_in[name]()
        entries = {entry.value: entry for entry in metadata.entry_points(group=self.group, name=name)}
        if len(entries) > 1:
            raise ValueError(f"{self.kind} {name!r} is declared twice, as {' and '.join(sorted(entries))}; name one")
        for value, entry in entries.items():
            return self._load(f"{name!r} ({value})", partial(_loaded, entry))
        if "." in name or ":" in name:
            return self._load(repr(name), partial(_at, name))
        names = self.names()
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else f"expected one of {', '.join(names)}, or an import path"
        raise ValueError(f"unknown {self.kind} {name!r}; {hint}")

    def every(self, on_broken: Callable[[str], object] = warnings.warn) -> dict[str, Any]:
        """All that `names` lists. A broken plug-in is left out, and its error passed to `on_broken`."""
        found = {name: load() for name, load in self.built_in().items()}
        for name in self.installed():
            try:
                found[name] = self.find(name)
            except ValueError as error:
                on_broken(str(error))
        return dict(sorted(found.items()))

    def _load(self, which: str, load: Callable[[], Any]) -> Any:
        try:
            found = load()
        except (Exception, SystemExit) as error:  # a plug-in may raise anything
            raise ValueError(f"{self.kind} {which} cannot be loaded: {type(error).__name__}: {error}") from error
        concrete = isinstance(found, type) and not inspect.isabstract(found)
        if self.base and not (concrete and issubclass(found, self.base)):
            expected = f"{self.base.__module__}.{self.base.__name__}"
            raise ValueError(f"{self.kind} {which}: expected a class that derives from {expected}; got {found!r}")
        missing = [name for name in self.needs if not hasattr(found, name)]
        if missing:
            raise ValueError(f"{self.kind} {which}: expected {' and '.join(self.needs)}; no {missing[0]} in {found!r}")
        return found


def modules_of(package: str) -> Loaders:
    """Loaders of a package's modules by name, those with a leading underscore left out."""
    names = [module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    return {name: partial(importlib.import_module, f"{package}.{name}") for name in names if name[0] != "_"}


def _loaded(entry: metadata.EntryPoint) -> Any:
    _require_allowed(entry.value)
    return entry.load()


def _at(path: str) -> Any:
    _require_allowed(path)
    module, _, name = path.partition(":")
    found = importlib.import_module(module)
    for part in name.split(".") if name else ():
        found = getattr(found, part)
    return found
