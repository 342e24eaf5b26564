"""The pages of the API reference: one for each package, from its docstrings."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from docs.docstrings import summary

PACKAGES = ("synths", "doppelganger", "lightning_modules")
# Modules of commands: their reference is --help.
_COMMANDS = {"commands", "command_line", "__main__", "training_command"}


def write(folder: Path) -> None:
    """Writes api/PACKAGE.rst for every package, and api/index.rst."""
    (folder / "api").mkdir(exist_ok=True)
    pages: dict[str, list[str]] = {}
    for module in modules():
        if names := public(module):
            package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
            pages.setdefault(package, []).append(_module(module, names))
    for package, sections in pages.items():
        (folder / "api" / f"{package}.rst").write_text(_page(package, sections), encoding="utf-8")
    (folder / "api" / "index.rst").write_text(_index(sorted(pages)), encoding="utf-8")


def modules() -> Iterator[ModuleType]:
    """Every public module of the three packages, in order of its name."""
    for root in PACKAGES:
        package = importlib.import_module(root)
        found = pkgutil.walk_packages(package.__path__, f"{root}.", onerror=None)
        names = [root, *(info.name for info in found)]
        for name in sorted(names):
            parts = name.split(".")[1:]
            if not any(part[0] == "_" or part in _COMMANDS for part in parts):
                yield importlib.import_module(name)


def public(module: ModuleType) -> list[str]:
    """Public classes and functions that a module defines, in order of its text."""
    found = [
        (inspect.getsourcelines(inspect.unwrap(thing))[1], name)
        for name, thing in vars(module).items()
        if name[0] != "_"
        and (inspect.isclass(thing) or inspect.isfunction(inspect.unwrap(thing)))  # unwrap: functools.cache
        and thing.__module__ == module.__name__
        and thing.__name__ == name
    ]
    return [name for _, name in sorted(found)]


def exported(package: ModuleType) -> dict[str, str]:
    """Names of a package's `__all__`, each with the path of its definition."""
    things = {name: getattr(package, name) for name in getattr(package, "__all__", ())}
    defined = {name: thing for name, thing in things.items() if inspect.isclass(thing) or inspect.isfunction(thing)}
    return {name: f"{thing.__module__}.{name}" for name, thing in sorted(defined.items())}


def _module(module: ModuleType, names: list[str]) -> str:
    parts = [_title(module.__name__, "-"), f".. automodule:: {module.__name__}"]
    for name in names:
        path = f"{module.__name__}.{name}"
        if inspect.isclass(getattr(module, name)):
            parts.append(f".. autoclass:: {path}\n   :members:\n   :show-inheritance:")
        else:
            parts.append(f".. autofunction:: {path}")
    return "\n\n".join(parts)


def _page(package: str, sections: list[str]) -> str:
    module = importlib.import_module(package)
    parts = [_title(package, "="), summary(module)]
    if names := exported(module):
        links = ", ".join(f":py:obj:`{name} <{path}>`" for name, path in names.items())
        parts.append(f"From ``{package}`` itself: {links}.")
    return "\n\n".join([*parts, *sections]) + "\n"


def _index(pages: list[str]) -> str:
    lines = [f"* :doc:`{name} <{name}>`: {summary(importlib.import_module(name))}" for name in pages]
    about = """\
Every public class and function, from the docstrings. A page is a package; a section is a module. The names that
most programs need are those of :doc:`synths <synths>` and :doc:`doppelganger <doppelganger>`. Configs name classes
by the paths that stand here. What the commands take is printed by ``--help``."""
    tree = ".. toctree::\n   :hidden:\n\n" + "\n".join(f"   {name}" for name in pages)
    return "\n\n".join([_title("API reference", "="), about, "\n".join(lines), tree]) + "\n"


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"
