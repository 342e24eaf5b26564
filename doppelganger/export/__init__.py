"""Export: the file formats in which an encoder is published. One module each, in `formats`.

A format is a module with ``save(encoder, folder, about)``, which writes the encoder into a folder, with all that
`doppelganger.export.about.about` returns about it, and returns the paths of the files. Formats of other packages are
found by the entry-point group ``doppelganger.formats``, or by their import paths.
"""

from functools import partial
from typing import Any

from synths.plugins import Plugins, modules_of

FORMATS = Plugins("format", "doppelganger.formats", partial(modules_of, f"{__name__}.formats"), needs=("save",))


def format_names() -> list[str]:
    """Names that `read_format` accepts, besides import paths."""
    return FORMATS.names()


def read_format(name: str) -> Any:
    """The format of that name, or at that import path.

    Raises:
        ValueError: no such format, or one that needs a package that is not installed.
    """
    return FORMATS.find(name)
