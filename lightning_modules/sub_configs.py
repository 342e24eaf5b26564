"""Configs of several files, read as plain data."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_modules.config_files import FOLDER
from synths.plain_data import parse_yaml, read_text


def with_sub_configs(value: Any, folder: Path = Path()) -> Any:
    """A config, or a part of one, with the content of each YAML file in place of its path.

    Args:
        value: plain data; a path to a YAML file is relative to the file that names it.
        folder: folder of the file that holds the value.

    Raises:
        OSError: no such file.
    """
    if isinstance(value, dict):
        return {key: with_sub_configs(part, folder) for key, part in value.items()}
    if isinstance(value, list):
        return [with_sub_configs(part, folder) for part in value]
    if not _is_path(value):
        return value
    path = folder / value
    return with_sub_configs(parse_yaml(read_text(path)), path.parent)


def from_here(value: Any, folder: Path) -> Any:
    """Plain data, with each path to a YAML file that is relative to `folder` from the current folder."""
    if isinstance(value, dict):
        return {key: from_here(part, folder) for key, part in value.items()}
    if isinstance(value, list):
        return [from_here(part, folder) for part in value]
    return os.path.normpath(folder / value) if _is_path(value) else value


def as_recorded(value: Any) -> Any:
    """Plain data, with each path to a YAML file as results keep it, without folders of this machine.

    A config of ours is configs/NAME.yaml, one below the current folder is relative to it, any other its file name.
    """
    if isinstance(value, Mapping):
        return {key: as_recorded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [as_recorded(part) for part in value]
    if not _is_path(value):
        return value
    path = Path(value).resolve()
    for folder, prefix in ((FOLDER.resolve(), "configs/"), (Path.cwd(), "")):
        if path.is_relative_to(folder):
            return prefix + path.relative_to(folder).as_posix()
    return path.name


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.endswith(".yaml")
