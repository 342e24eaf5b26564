"""Taggers: what turns a caption into tags. One a file, found by its name.

A tagger is a module whose docstring says how it works, with ``configure(parser)``, which declares its flags, and
``read(args, folder)``, which gives a `Tagger` that may keep its work in the folder. Adding one adds a file here and
nothing else.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import NamedTuple


class Answer(NamedTuple):
    """The tags of a caption, or else why there are none."""

    caption: str
    tags: tuple[str, ...]
    error: str = ""


class Tagger(ABC):
    """Tells the tags of captions."""

    @abstractmethod
    def __call__(self, captions: Sequence[str]) -> Iterator[Answer]:
        """An answer for each caption, in the order in which they come.

        Args:
            captions: different from each other, in any script.

        Raises:
            ValueError, OSError: it cannot work at all.
        """


def tagger_names() -> list[str]:
    """The names `read_tagger` knows."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def read_tagger(name: str) -> ModuleType:
    """The tagger of that name.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in (names := tagger_names()):
        raise ValueError(f"no tagger {name!r}; expected {' or '.join(names)}")
    return importlib.import_module(f"{__name__}.{name}")
