"""Plain data from text that others wrote: YAML and JSON, in bounded time and memory."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

LONGEST = 2**20  # bytes of a YAML or JSON file that a person writes
_MOST = 100_000  # values, each alias of YAML counted as often as it stands


def read_text(path: Path) -> str:
    """The text of a file of at most `LONGEST` bytes.

    Raises:
        ValueError: a larger file, or not UTF-8.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ValueError(f"{path}: expected at most {LONGEST:,} bytes; it has more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8; {error.reason} at byte {error.start}") from None


def parse_yaml(text: str) -> Any:
    """Plain data of YAML.

    Raises:
        ValueError: not YAML, or longer than `LONGEST`, nested too deep, with an alias inside itself, or with so many
            aliases that it stands for more than 100,000 values.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """PyYAML takes 1e-3 and 1.0e3 for text, as YAML 1.1 does; in YAML 1.2 they are numbers."""

    number = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    return _parsed(partial(yaml.load, Loader=Loader), text, "YAML")


def parse_json(text: str) -> Any:
    """Plain data of JSON.

    Raises:
        ValueError: not JSON, or longer than `LONGEST`, or nested too deep.
    """
    return _parsed(json.loads, text, "JSON")


def reason(error: BaseException) -> str:
    """What an error says, on one line of bounded length: a value in it may be of any length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) < 500 else f"{text[:500]}..."


def _parsed(parse: Callable[[str], Any], text: str, language: str) -> Any:
    if len(text) > LONGEST:
        raise ValueError(f"expected {language} of at most {LONGEST:,} characters; got {len(text):,}")
    try:
        value = parse(text)
    except RecursionError:
        raise ValueError(f"expected {language}; it is nested too deep") from None
    except Exception as error:  # a parser of YAML raises whatever int, datetime and dict raise
        raise ValueError(f"expected {language}; {reason(error)}") from None
    require_small(value)
    return value


def require_small(value: Any) -> None:
    """Check that plain data can be walked.

    Raises:
        ValueError: it holds itself, is nested deeper than 100, or stands for more than 100,000 values.
    """
    _count(value, {}, 0)


def _count(value: Any, known: dict[int, int], depth: int) -> int:
    """The number of values that one stands for; `known` has those of lists and mappings, 0 while one is counted."""
    if not isinstance(value, dict | list | tuple | set):
        return 1
    if id(value) not in known:
        if depth > 100:
            raise ValueError("expected plain data; it is nested deeper than 100")
        known[id(value)] = 0
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)
        known[id(value)] = 1 + sum(_count(part, known, depth + 1) for part in parts)
        if known[id(value)] > _MOST:
            raise ValueError(f"expected plain data; it stands for more than {_MOST:,} values")
    if not known[id(value)]:
        raise ValueError("expected plain data; a part of it holds itself")
    return known[id(value)]
