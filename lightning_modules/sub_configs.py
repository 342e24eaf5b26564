"""Configs of several files, read as plain data."""

import os
from pathlib import Path
from typing import Any

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


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.endswith(".yaml")
