"""Configs of several files, read as plain data."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lightning_modules.configuration.files import FOLDER
from synths.files.plain_data import parse_yaml, read_text


def with_sub_configs(value: Any, folder: Path = Path()) -> Any:
    """A config, or a part of one, with the content of each YAML file in place of its path.

    Args:
        value: plain data; a path to a YAML file is relative to the file that names it.
        folder: folder of the file that holds the value.

    Raises:
        OSError: no such file.
    """

    def content(name: str) -> Any:
        path = folder / name
        return with_sub_configs(parse_yaml(read_text(path)), path.parent)

    return _with_each_path(value, content)


def from_here(value: Any, folder: Path) -> Any:
    """Plain data, with each path to a YAML file that is relative to `folder` from the current folder."""
    return _with_each_path(value, lambda name: os.path.normpath(folder / name))


def as_recorded(value: Any) -> Any:
    """Plain data, with each path to a YAML file as results keep it, without folders of this machine.

    A config of ours is configs/NAME.yaml, one below the current folder is relative to it, any other its file name.
    """
    return _with_each_path(value, _recorded)


def _recorded(name: str) -> str:
    path = Path(name).resolve()
    for folder, prefix in ((FOLDER.resolve(), "configs/"), (Path.cwd(), "")):
        if path.is_relative_to(folder):
            return prefix + path.relative_to(folder).as_posix()
    return path.name


def _with_each_path(value: Any, replaced: Callable[[str], Any]) -> Any:
    """Plain data with `replaced(path)` in place of each path to a YAML file."""
    if isinstance(value, Mapping):
        return {key: _with_each_path(part, replaced) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_each_path(part, replaced) for part in value]
    return replaced(value) if isinstance(value, str) and value.endswith(".yaml") else value
