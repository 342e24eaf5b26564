"""Class paths in a config: each names a class, and an optimizer is one of torch.optim."""

import importlib
import inspect
import typing
from typing import Any

from jsonargparse import Namespace
from torch.optim import Optimizer


def require_fitting_classes(config: Namespace) -> None:
    """Refuses a config whose class paths name plain functions, before anything in it is called.

    jsonargparse checks the types of most keys. A key that takes a callable, such as `optimizer`, accepts any function
    without a return annotation, `os.system` for one.

    Raises:
        ValueError: naming the key and what came.
    """
    for key, value in config.items(branches=True):
        if key.split(".")[-1] != "class_path":
            continue
        owner = key.removesuffix(".class_path")
        made = _made_by(value)
        expected = Optimizer if owner.split(".")[-1] == "optimizer" else object
        if not (isinstance(made, type) and issubclass(made, expected)):
            what = (
                "a torch.optim.Optimizer"
                if expected is Optimizer
                else "a class, or a function that says what it returns"
            )
            raise ValueError(f"{owner}: expected the class path of {what}; got {value}")


def _made_by(class_path: str) -> Any:
    """The class itself, or the class that a function is annotated to return; none where it does not say."""
    module, _, name = class_path.rpartition(".")
    found: Any = importlib.import_module(module or "builtins")
    found = getattr(found, name, None)
    if isinstance(found, type):
        return found
    if not inspect.isroutine(found):
        return None
    try:
        return typing.get_type_hints(found).get("return")
    except (NameError, TypeError):
        return None
