"""A sweep's file, in the format of W&B: which keys take which values, and which metric decides."""

import hashlib
import itertools
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from lightning_modules.config_files import option, with_paths
from lightning_modules.sub_configs import with_sub_configs
from synths.plain_data import parse_yaml, read_text

METHODS = ("grid", "random", "bayes")
_REQUIRED = {"method", "metric", "parameters"}
_OPTIONAL = {"program", "command", "name", "run_cap", "early_terminate"}
_TRAINING = "train.py"
ARGS = "${args}"  # in a command, the arguments of a point
N_POINTS = 20  # if neither the command nor the file says how many


@dataclass(frozen=True)
class Sweep:
    """One sweep.

    Args:
        name: name of the file, without its ending.
        command: arguments of a training; ARGS stands for those of the point.
        method: grid, random or bayes.
        metric: column of metrics.csv that decides.
        maximize: whether more of it is better.
        parameters: key of the config -> its values, or its range, as in the file.
        run_cap: number of points in all; none is 20, and all of a grid.
        min_epochs: validations before a point may be stopped early; none is never.
        digest: of all that decides what is run: the file, and the configs that it names.
    """

    name: str
    command: list[str]
    method: str
    metric: str
    maximize: bool
    parameters: dict[str, dict[str, Any]]
    run_cap: int | None
    min_epochs: int | None
    digest: str

    def grid(self) -> list[dict[str, Any]]:
        """All points of a grid."""
        choices = [_values(parameter) for parameter in self.parameters.values()]
        return [dict(zip(self.parameters, point, strict=True)) for point in itertools.product(*choices)]

    def n_points(self, given: int | None = None) -> int:
        """Number of points in all: all of a grid; else the given number, that of the file, or 20."""
        return len(self.grid()) if self.method == "grid" else given or self.run_cap or N_POINTS


def read_sweep(path: Path) -> Sweep:
    """The sweep of a file.

    Raises:
        ValueError: keys that are missing or unknown, an unknown method, or a parameter without values; the message
            begins with the path and the key.
        FileNotFoundError: no such config as one that its command or a parameter names.
    """
    content = parse_yaml(read_text(path))
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected the keys {_sorted(_REQUIRED)}; got {type(content).__name__}")
    missing, unknown = _REQUIRED - content.keys(), content.keys() - _REQUIRED - _OPTIONAL
    if missing or unknown:
        raise ValueError(
            f"{path}: expected the keys {_sorted(_REQUIRED)}, and if you like {_sorted(_OPTIONAL)}; "
            f"missing: {_sorted(missing) or 'none'}, unknown: {_sorted(unknown) or 'none'}"
        )
    method, metric = content["method"], content["metric"]
    if method not in METHODS:
        raise ValueError(f"{path}: method: expected {', '.join(METHODS)}; got {method!r}")
    goals = ("minimize", "maximize")
    if not isinstance(metric, dict) or not _is_text(metric.get("name")) or metric.get("goal", "minimize") not in goals:
        raise ValueError(f"{path}: metric: expected a name, and as goal minimize or maximize; got {metric!r}")
    terminate = content.get("early_terminate") or {}
    for key, fits, expected in (
        ("parameters", _is_named(content["parameters"]), "keys of the config, each with its values"),
        ("run_cap", _is_count(content.get("run_cap", 1)), "a whole number of at least 1"),
        ("early_terminate", _is_terminate(terminate), "type, and a min_iter of at least 1"),
        ("command", isinstance(content.get("command", []), list), "a list"),
        ("program", _is_text(content.get("program", _TRAINING)), "a file"),
    ):
        if not fits:
            raise ValueError(f"{path}: {key}: expected {expected}; got {content[key]!r}")
    for key, parameter in content["parameters"].items():
        _require_values(parameter, method, f"{path}: parameters: {key}")
    command = _command(content, path)
    return Sweep(
        name=path.stem,
        command=command,
        method=method,
        metric=metric["name"],
        maximize=metric.get("goal") == "maximize",
        parameters=content["parameters"],
        run_cap=content.get("run_cap"),
        min_epochs=terminate.get("min_iter", 1) if terminate else None,
        digest=_digest([content, *_configs(content, command)]),
    )


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def _configs(content: Mapping[str, Any], command: Sequence[str]) -> list[Any]:
    """What is in the configs that a training's command or a parameter names; a program of one's own has others."""
    if content.get("program", _TRAINING) != _TRAINING:
        return []
    points = [option(key, value) for key, parameter in content["parameters"].items() for value in _values(parameter)]
    named = [argument.rpartition("=")[2] for argument in with_paths([*command, *points])]
    return [with_sub_configs(path) for path in named if path.endswith(".yaml") and Path(path).is_file()]


def _values(parameter: Mapping[str, Any]) -> list[Any]:
    """The values of a parameter; none of one with a range."""
    return [] if "min" in parameter else parameter.get("values") or [parameter["value"]]


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


def _command(content: Mapping[str, Any], path: Path) -> list[str]:
    """The command as W&B reads it, without its agent's own arguments and without W&B."""
    program = content.get("program", _TRAINING)
    run = [program] if Path(program).exists() else ["-m", "lightning_modules.training_command"]
    if program != _TRAINING and not Path(program).exists():
        raise ValueError(f"{path}: program: no file {program}")
    parts = [str(part) for part in content.get("command", ["${program}", "fit", ARGS])]
    if parts.count(ARGS) != 1:
        raise ValueError(f"{path}: command: expected {ARGS} once, for the arguments of a point; got {parts}")
    places = {"${env}": [], "python": [], "${interpreter}": [], "--wandb": [], "${program}": run}
    return [sys.executable, *(part for name in parts for part in places.get(name, [name]))]
