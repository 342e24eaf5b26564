"""Protocols: how a frozen encoder is asked. One a file, found by its name.

A protocol is a module whose docstring says what it does and whom it follows, and whose ``predict(question,
on_round)`` takes a `ProbeTask`, calls ``on_round()`` after every split and seed, and returns `Predictions`. Adding
one adds a file here and nothing else.
"""

import importlib
import pkgutil
from types import ModuleType


def protocol_names() -> list[str]:
    """The names `read_protocol` knows."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def read_protocol(name: str) -> ModuleType:
    """The protocol of that name.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in (names := protocol_names()):
        raise ValueError(f"no protocol {name!r}; expected {', '.join(names)} or all")
    return importlib.import_module(f"{__name__}.{name}")
