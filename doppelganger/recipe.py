"""Recipes: plain data from which a checkpoint makes an object again."""

import difflib
import functools
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from doppelganger.memory_limit import TooLarge
from synths.files.plain_data import reason

Kind = TypeVar("Kind", bound="HasRecipe")


class HasRecipe:
    """Base of all that a checkpoint can make again: its objects keep the arguments of their constructor.

    Arguments are plain data, or objects with a recipe of their own. A subclass does nothing for it.
    """

    arguments: dict[str, Any] = MappingProxyType({})  # pyright: ignore[reportAssignmentType]
    # Names of arguments that are made None, with a warning, where a checkpoint cannot make them again.
    dispensable: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "__init__" in cls.__dict__:
            cls.__init__ = _keeping_arguments(cls.__init__)

    def recipe(self) -> dict[str, Any]:
        """Class path and arguments, in plain data."""
        return {"class": class_path(type(self)), "arguments": described(self.arguments)}

    @classmethod
    def from_arguments(cls: type[Kind], arguments: Mapping[str, Any]) -> Kind:
        """The object with these arguments, which may come from a stranger's file."""
        return cls(**arguments)


def described(value: Any) -> Any:
    """A value in plain data; of an object without a recipe, its class path with no arguments."""
    if isinstance(value, HasRecipe):
        return value.recipe()
    if isinstance(value, Mapping):
        return {str(key): described(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [described(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    cls = value if isinstance(value, type) or inspect.isroutine(value) else type(value)
    return {"class": class_path(cls), "arguments": None}


def make(recipe: Mapping[str, Any], base: type[Kind], **given: Any) -> Kind:
    """The object of a recipe.

    Args:
        recipe: from `HasRecipe.recipe`.
        base: a class that it must be of.
        given: arguments in place of the recipe's own.

    Raises:
        ValueError: a class that is not ours and not imported yet, one of another kind, an argument that a recipe
            cannot hold and that was not given, or a given one that the class does not have.
    """
    if not (isinstance(recipe, Mapping) and isinstance(recipe.get("class"), str)):
        raise ValueError(f"expected a recipe, with class and arguments; got {str(recipe)[:80]}")
    if not isinstance(recipe.get("arguments"), Mapping):
        raise ValueError(f"expected a recipe of {recipe['class'][:200]} with arguments; got {str(recipe)[:80]}")
    cls = class_named(recipe["class"], base)
    _require_known(cls, given)
    arguments = {}
    for name, value in recipe["arguments"].items():
        if name in given:
            continue
        try:
            arguments[name] = _remade(value)
        except NotKept as error:
            message = (
                f"a checkpoint keeps no arguments of {error.class_path}: expected the argument {name!r} of "
                f"{cls.__name__} to be given, such as load_objective(path, {name}=...) or, of an encoder, "
                f'load_encoder(path, {{"{name}": ...}})'
            )
            if name not in cls.dispensable:
                raise NotKept(error.class_path, message) from None
            warnings.warn(f"{message}; without it {name} is None", stacklevel=2)
            arguments[name] = None
    try:
        return cls.from_arguments({**arguments, **given})
    except (ValueError, ImportError, TooLarge):
        raise
    except Exception as error:  # arguments that no constructor expects end in anything
        changed = f" with {', '.join(f'{name}={value!r}' for name, value in given.items())[:200]}" if given else ""
        raise ValueError(f"the recipe does not fit {recipe['class'][:200]}{changed}: {reason(error)}") from error


def _require_known(cls: type, given: Mapping[str, Any]) -> None:
    parameters = inspect.signature(cls).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    unknown = next((name for name in given if name not in parameters), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, parameters, n=1)
        raise ValueError(
            f"{cls.__name__} has no argument {unknown!r}; expected some of {', '.join(parameters)}"
            + (f"; did you mean {near[0]}?" if near else "")
        )


class NotKept(ValueError):
    """A class whose arguments a recipe cannot hold."""

    def __init__(self, class_path: str, message: str = ""):
        super().__init__(message or class_path)
        self.class_path = class_path


def _remade(value: Any) -> Any:
    """What `described` described."""
    if isinstance(value, list):
        return [_remade(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() != {"class", "arguments"}:
        return {key: _remade(each) for key, each in value.items()}
    if value["arguments"] is None:
        raise NotKept(value["class"])
    return make(value, HasRecipe)


def class_path(cls: Any) -> str:
    """Module and name of a class, as a config writes it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def class_named(path: str, base: type[Kind]) -> type[Kind]:
    """The class that a checkpoint names. It may name only classes of ours, or of modules that are already imported.

    Raises:
        ValueError: a module that is not imported, or no subclass of `base`.
    """
    module, _, name = path.rpartition(".")
    path = path[:200]  # in messages
    if module.split(".")[0] == "doppelganger":
        try:
            importlib.import_module(module)
        except ImportError:
            raise ValueError(f"the checkpoint needs {path}, which this version does not have") from None
    if module not in sys.modules:
        module = module[:200]
        raise ValueError(
            f"the checkpoint needs {path}; import {module} before loading it, in a command with --import {module}"
        )
    found = sys.modules[module].__dict__.get(name)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"the checkpoint's {path} is not of the class {base.__name__}")
    return found


def _keeping_arguments(init: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(init)

    @functools.wraps(init)
    def keeping(self: HasRecipe, *args: Any, **kwargs: Any) -> None:
        # The outermost class is called first, and its arguments make the object again.
        if "arguments" not in self.__dict__:
            try:
                bound = signature.bind(self, *args, **kwargs)
            except TypeError:
                init(self, *args, **kwargs)  # raises the usual message
                raise
            bound.apply_defaults()
            _, *named = bound.arguments.items()
            arguments = dict(named)
            for parameter in signature.parameters.values():
                if parameter.kind is parameter.VAR_KEYWORD:
                    arguments |= arguments.pop(parameter.name)
            self.__dict__["arguments"] = arguments
        init(self, *args, **kwargs)

    return keeping
