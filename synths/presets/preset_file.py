"""Preset: some or all parameters of a synth, as a file."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synths import files
from synths.files.plain_data import parse_json, parse_yaml, read_text
from synths.parameters import ParameterSpace

Ranges = dict[str, float | list[float]]


@dataclass(frozen=True)
class Preset:
    """Parameters to fix (a number) or to narrow ([low, high]) by name, in physical units.

    Args:
        parameters: of the synth; those left out stay free.
        synth: name of the synth; None fits any synth that has these parameters.
        fingerprint: of the synth's space before it is narrowed.
        sample_rate: in Hz, at which it was made.
        seconds: length of the sound that it was made as.
        name: its name, where it is not that of the file.
        about: one line on the sound.
        claims: measurement -> [low, high], true of its sounds, see `synths.presets.measure`.
    """

    parameters: Mapping[str, float | list[float]]
    synth: str | None = None
    fingerprint: str | None = None
    sample_rate: int | None = None
    seconds: float | None = None
    name: str | None = None
    about: str | None = None
    claims: Mapping[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: object) -> Preset:
        """The preset that was read from YAML or JSON: a mapping with "parameters", or a mapping of parameters.

        Raises:
            ValueError: it holds something else.
        """
        if not (isinstance(data, dict) and isinstance(data.get("parameters"), dict)):
            return cls(_checked(data))
        # A label has the fingerprint of what was rendered, narrowed or not, and that of the whole space as "layout".
        fingerprint = data.get("layout", data.get("fingerprint"))
        texts = {key: data.get(key) for key in ("synth", "name", "about")} | {"fingerprint": fingerprint}
        for key, text in texts.items():
            if not isinstance(text, str | None):
                raise ValueError(f"{key}: expected a text; got {text!r:.80}")
        for key, kind in (("sample_rate", int), ("seconds", int | float)):
            number = data.get(key)
            if number is not None and (isinstance(number, bool) or not isinstance(number, kind) or not number > 0):
                what = "whole number" if kind is int else "number"
                raise ValueError(f"{key}: expected a {what} above 0; got {number!r:.80}")
        claims = _checked(data.get("claims", {}))
        return cls(
            _checked(data["parameters"]),
            sample_rate=data.get("sample_rate"),
            seconds=data.get("seconds"),
            claims={name: claim if isinstance(claim, list) else [claim, claim] for name, claim in claims.items()},
            **texts,
        )

    @classmethod
    def read(cls, path: Path) -> Preset:
        """The preset of a .yaml or .json file.

        Raises:
            ValueError: no YAML or JSON, or no preset.
            OSError: the file cannot be read.
        """
        text = read_text(path)
        return cls.of(parse_json(text) if path.suffix == ".json" else parse_yaml(text))

    def write(self, path: Path) -> None:
        """Write a .yaml or .json file that `read` reads."""
        data: dict[str, Any] = {name: value for name, value in vars(self).items() if value not in (None, {})}
        data = data | {"parameters": data.pop("parameters", {})}  # the longest comes last
        if path.suffix == ".json":
            files.write(path, json.dumps(data, indent=2) + "\n")
        else:
            import yaml

            files.write(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))

    def require(self, synth: str, space: ParameterSpace) -> None:
        """Check that it is a preset of this synth.

        Args:
            synth: name of the synth.
            space: its parameters, not narrowed.

        Raises:
            ValueError: names what differs.
        """
        if self.synth is not None and _class(self.synth) != _class(synth):
            raise ValueError(f"expected a preset of {synth}; it is one of {self.synth}")
        if self.fingerprint in (None, space.fingerprint()):
            return
        unknown = [f"{name} is unknown" for name in self.parameters if name not in space.names]
        missing = [f"{name} is not set" for name in space.names if name not in self.parameters]
        changes = unknown + missing or ["ranges or sound of the same parameters have changed"]
        more = f" (+{len(changes) - 3} more)" if len(changes) > 3 else ""
        raise ValueError(
            f"made with another version of {synth}, fingerprint {self.fingerprint}, not {space.fingerprint()}: "
            f"{', '.join(changes[:3])}{more}; a preset without a fingerprint is not compared"
        )


def _class(name: str) -> str:
    """The short name of a synth that is named as package.module:Class."""
    return name.rpartition(":")[2].lower()


def _checked(ranges: object) -> Ranges:
    """Ranges that were read from a file, as they are.

    Raises:
        ValueError: not a mapping of names to numbers or pairs of numbers.
    """
    if not isinstance(ranges, dict):
        raise ValueError(f"expected a mapping of parameter names to values; got {type(ranges).__name__}")
    for name, value in ranges.items():
        if not (isinstance(name, str) and (_is_number(value) or _is_pair(value))):
            raise ValueError(f"{reprlib.repr(name)}: expected a number or [low, high]; got {reprlib.repr(value)}")
    return ranges


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
