"""The code that an encoder or a protocol of another package depends on."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

# Not followed: ours, whose changes raise a revision, and libraries.
_KNOWN = {"doppelganger", "synths", "torch", "torchaudio", "torchvision", "timm", "transformers"}
_KNOWN |= sys.stdlib_module_names


def own_code(modules: Iterable[str]) -> set[Path]:
    """The files of modules, and of what they import, directly or not, from the folder that they were imported from.

    An import in an installed package is followed within the package alone: its folder holds all others too.

    Args:
        modules: names of modules; ours, those of torch and the like, and those without a file are left out.
    """
    found: set[Path] = set()
    for name in modules:
        module = sys.modules.get(name)
        if name.partition(".")[0] not in _KNOWN and module is not None and module.__dict__.get("__file__"):
            found |= _reached(Path(str(module.__file__)), _root(module))
    return found


def _root(module: ModuleType) -> Path:
    """The folder on Python's path that a module was imported from."""
    path = Path(str(module.__file__))
    return path.parents[module.__name__.count(".") + (path.stem == "__init__")]


def _reached(first: Path, root: Path) -> set[Path]:
    within = root if root.name not in ("site-packages", "dist-packages") else root / first.relative_to(root).parts[0]
    found, waiting = set(), [first]
    while waiting:
        path = waiting.pop()
        if path not in found and path.is_relative_to(within) and path.is_file():
            found.add(path)
            waiting += _imported(path, root)
    return found


def _imported(path: Path, root: Path) -> Iterator[Path]:
    """Where a file's imports would be below the root, whether there or not."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # compiled, or edited since its import
        return
    package = path.relative_to(root).parent.parts
    for node in ast.walk(tree):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            start += tuple(node.module.split(".")) if node.module else ()
            names = [(*start, alias.name) for alias in node.names]
        for name in (name for name in names if name[0] not in _KNOWN):
            for n in range(1, len(name) + 1):
                place = root.joinpath(*name[:n])
                yield from (place.with_name(f"{place.name}.py"), place / "__init__.py")
