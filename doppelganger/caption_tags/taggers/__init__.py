"""Taggers: from captions to tags. One module each.

A tagger is a module whose docstring says how it works, with ``configure(parser)``, which declares its flags, and
``read(args, folder)``, which returns a `Tagger` that may keep its answers in the folder. A tagger of your own is found
by the entry-point group ``doppelganger.taggers``, or by its import path; one named by its import path takes no flags.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from synths.plugins import Plugins, modules_of


class Answer(NamedTuple):
    """The tags of a caption, or the reason why there are none."""

    caption: str
    tags: tuple[str, ...]
    error: str = ""


class Tagger(ABC):
    """Tags captions."""

    @abstractmethod
    def __call__(self, captions: Sequence[str]) -> Iterator[Answer]:
        """An answer for each caption, in any order.

        Args:
            captions: distinct captions, in any script.

        Raises:
            ValueError, OSError: no caption can be tagged.
        """


TAGGERS = Plugins("tagger", "doppelganger.taggers", partial(modules_of, __name__), needs=("configure", "read"))
