"""Configs by name: "quickstart" or "mae/voice" is a file of configs/, which the wheel has inside this package."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parents[1]
FOLDER = next((folder for folder in (_HERE / "configs", _HERE.parent / "configs") if folder.is_dir()), _HERE)


def names() -> list[str]:
    """Names of all configs, in alphabetical order."""
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.yaml"))


def find_config(name: str) -> Path:
    """The file of a config: a path, with or without .yaml, or else a name.

    Raises:
        FileNotFoundError: neither; the message lists the nearest names.
    """
    stem = name.removesuffix(".yaml")
    for path in (Path(name), Path(f"{stem}.yaml"), FOLDER / f"{stem}.yaml"):
        if path.exists() and not path.is_dir():
            return path
    near = difflib.get_close_matches(stem.removeprefix("configs/"), names(), n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else "doppelganger-train --help lists those of the package"
    raise FileNotFoundError(f"no config {name}; {hint}")


def option(key: str, value: Any) -> str:
    """An option of a training's command line."""
    return f"--{key}={value if isinstance(value, str) else json.dumps(value)}"


def with_paths(arguments: Sequence[str]) -> list[str]:
    """Arguments of a command line with the paths of configs in place of their names.

    --config takes any name; other options one that ends in .yaml, such as --data.init_args.synth synths/bank.yaml.

    Raises:
        FileNotFoundError: see `find_config`.
    """
    return list(_with_paths(arguments))


def _with_paths(arguments: Sequence[str]) -> Iterator[str]:
    option = ""
    for argument in arguments:
        if not argument.startswith("-"):
            yield _path(option, argument)
            option = ""
            continue
        option, equals, value = argument.partition("=")
        yield f"{option}={_path(option, value)}" if equals else argument


def _path(option: str, value: str) -> str:
    is_config = option in ("-c", "--config") and re.fullmatch(r"[\w./\\-]+", value)  # or else YAML itself
    if is_config or (value.endswith(".yaml") and not Path(value).exists() and (FOLDER / value).is_file()):
        return str(find_config(value))
    return value
