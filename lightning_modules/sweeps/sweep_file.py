"""A sweep's file, in the format of W&B: which keys take which values, and which metric decides."""

import hashlib
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_modules.configuration.files import option, with_paths
from lightning_modules.configuration.sub_configs import with_sub_configs
from lightning_modules.sweeps.sweep_checks import TRAINING, require_sweep
from synths.files.plain_data import parse_yaml, read_text

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
        choices = [values_of(parameter) for parameter in self.parameters.values()]
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
    require_sweep(content, str(path))
    metric, terminate = content["metric"], content.get("early_terminate")
    command = _command(content, path)
    return Sweep(
        name=path.stem,
        command=command,
        method=content["method"],
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
    if content.get("program", TRAINING) != TRAINING:
        return []
    points = [option(key, value) for key, parameter in content["parameters"].items() for value in values_of(parameter)]
    named = [argument.rpartition("=")[2] for argument in with_paths([*command, *points])]
    return [with_sub_configs(path) for path in named if path.endswith(".yaml") and Path(path).is_file()]


def values_of(parameter: Mapping[str, Any]) -> list[Any]:
    """The values of a parameter; none of one with a range."""
    return [] if "min" in parameter else parameter.get("values") or [parameter["value"]]


def _command(content: Mapping[str, Any], path: Path) -> list[str]:
    """The command as W&B reads it, without its agent's own arguments and without W&B."""
    program = content.get("program", TRAINING)
    run = [program] if Path(program).exists() else ["-m", "lightning_modules.training_command"]
    if program != TRAINING and not Path(program).exists():
        raise ValueError(f"{path}: program: no file {program}")
    parts = [str(part) for part in content.get("command", ["${program}", "fit", ARGS])]
    if parts.count(ARGS) != 1:
        raise ValueError(f"{path}: command: expected {ARGS} once, for the arguments of a point; got {parts}")
    places = {"${env}": [], "python": [], "${interpreter}": [], "--wandb": [], "${program}": run}
    return [sys.executable, *(part for name in parts for part in places.get(name, [name]))]
