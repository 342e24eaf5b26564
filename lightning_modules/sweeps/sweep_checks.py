"""What a sweep's file may hold."""

import math
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any

_METHODS = ("grid", "random", "bayes")
TRAINING = "train.py"  # the program of a file that names none
_REQUIRED = {"method", "metric", "parameters"}
_OPTIONAL = {"program", "command", "name", "run_cap", "early_terminate"}


def require_sweep(content: Any, where: str) -> None:
    """Refuse what is no sweep.

    Args:
        content: the file's content.
        where: the file's path, with which the message begins.

    Raises:
        ValueError: keys that are missing or unknown, an unknown method, or a parameter without values; the message
            names the key.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{where}: expected the keys {_sorted(_REQUIRED)}; got {type(content).__name__}")
    missing, unknown = _REQUIRED - content.keys(), content.keys() - _REQUIRED - _OPTIONAL
    if missing or unknown:
        raise ValueError(
            f"{where}: expected the keys {_sorted(_REQUIRED)}, and if you like {_sorted(_OPTIONAL)}; "
            f"missing: {_sorted(missing) or 'none'}, unknown: {_sorted(unknown) or 'none'}"
        )
    method, metric = content["method"], content["metric"]
    if method not in _METHODS:
        raise ValueError(f"{where}: method: expected {', '.join(_METHODS)}; got {method!r}")
    goals = ("minimize", "maximize")
    if not isinstance(metric, dict) or not _is_text(metric.get("name")) or metric.get("goal", "minimize") not in goals:
        raise ValueError(f"{where}: metric: expected a name, and as goal minimize or maximize; got {metric!r}")
    terminate = content.get("early_terminate") or {}
    for key, fits, expected in (
        ("parameters", _is_named(content["parameters"]), "keys of the config, each with its values"),
        ("run_cap", _is_count(content.get("run_cap", 1)), "a whole number of at least 1"),
        ("early_terminate", _is_terminate(terminate), "type, and a min_iter of at least 1"),
        ("command", isinstance(content.get("command", []), list), "a list"),
        ("program", _is_text(content.get("program", TRAINING)), "a file"),
    ):
        if not fits:
            raise ValueError(f"{where}: {key}: expected {expected}; got {content[key]!r}")
    for key, parameter in content["parameters"].items():
        _require_values(parameter, method, f"{where}: parameters: {key}")


def _sorted(names: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, names)))


def _require_values(parameter: Any, method: str, where: str) -> None:
    kinds = ({"value"}, {"values"}, {"min", "max"}, {"min", "max", "distribution"})
    if not isinstance(parameter, dict) or parameter.keys() not in kinds or not _are_values(parameter):
        raise ValueError(f"{where}: expected value, values, or min and max; got {parameter!r}")
    if method == "grid" and "min" in parameter:
        raise ValueError(f"{where}: expected values, since method is grid; got a range")
    known = ("uniform", "int_uniform", "log_uniform_values")
    if parameter.get("distribution", "uniform") not in known:
        raise ValueError(f"{where}: distribution: expected {', '.join(known)}; got {parameter['distribution']!r}")
    if "min" in parameter:
        low, high = parameter["min"], parameter["max"]
        positive = parameter.get("distribution") == "log_uniform_values"
        if not (_is_number(low) and _is_number(high) and low <= high and (low > 0 or not positive)):
            above = " above 0" if positive else ""
            raise ValueError(f"{where}: expected numbers{above}, min at most max; got min {low!r}, max {high!r}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_text, value))


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_terminate(value: Any) -> bool:
    return isinstance(value, dict) and _is_count(value.get("min_iter", 1))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _are_values(parameter: Mapping[str, Any]) -> bool:
    """Whether value or values, if any, are such that a database keeps and a command line can have."""
    values = parameter.get("values", [parameter.get("value")])
    return (
        isinstance(values, list) and bool(values) and all(isinstance(v, str | int | float | NoneType) for v in values)
    )
