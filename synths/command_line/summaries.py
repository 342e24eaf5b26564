"""Summaries of commands, read without importing them: a command may import torch and more."""

import ast
import pkgutil
from importlib.abc import InspectLoader
from importlib.machinery import PathFinder
from types import ModuleType


def summaries(package: ModuleType) -> dict[str, str]:
    """Name and first docstring line of each module of a package, those with a leading underscore left out."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {name: _summary(package, f"{package.__name__}.{name}") for name in names if name[0] != "_"}


def _summary(package: ModuleType, name: str) -> str:
    spec = PathFinder.find_spec(name, package.__path__)
    source = spec.loader.get_source(name) if spec and isinstance(spec.loader, InspectLoader) else None
    return (ast.get_docstring(ast.parse(source or "")) or "").partition("\n")[0]
