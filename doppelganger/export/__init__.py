"""Export: the forms in which an encoder is given away. One a file, found by its name.

A form is a module with ``save(encoder, folder, about)``, which writes an encoder into a folder, with all that
`doppelganger.export.about.about` says of it, and returns the files. Adding one adds a file here and nothing else.
"""

import importlib
import pkgutil
from types import ModuleType

from doppelganger.export import formats


def format_names() -> list[str]:
    """The names `read_format` knows."""
    return sorted(module.name for module in pkgutil.iter_modules(formats.__path__))


def read_format(name: str) -> ModuleType:
    """The form of that name.

    Raises:
        ValueError: there is none of that name, or it needs a package that is not installed.
    """
    if name not in (names := format_names()):
        raise ValueError(f"--format: expected some of {', '.join(names)}; got {name}")
    return importlib.import_module(f"{formats.__name__}.{name}")
