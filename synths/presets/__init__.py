"""Presets: named ranges of a synth's parameters.

A preset is a YAML file, presets/SYNTH/NAME.yaml, that fixes parameters (name: value) or narrows them
(name: [low, high]) in physical units.
"""

import json
from pathlib import Path

from synths import files


def read(synth: str, name: str) -> dict[str, float | list[float]]:
    """Ranges by name: a preset of the synth, or a file.

    Args:
        synth: short name, as `python -m synths list` shows it.
        name: name of a preset; or a YAML file of ranges; or a JSON file with a mapping "parameters", as `match`
            writes; or FILE.jsonl:SOUND, a line that `render` wrote, by its number from 1 or its sound's file name.

    Raises:
        ValueError: no such preset, or the file holds something else.
        OSError: the file cannot be read.
    """
    before, _, after = name.rpartition(":")
    path, sound = (Path(before), after) if before.endswith(".jsonl") else (Path(name), "")
    if not path.suffix and (name in names(synth) or not path.is_file()):
        return load(synth, name)
    if path.suffix not in (".json", ".jsonl"):
        return files.read_preset(path)
    text = path.read_text(encoding="utf-8")
    try:
        label = json.loads(text) if path.suffix == ".json" else _line(text, sound)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON; {error}") from error
    return files.checked_preset(label["parameters"] if isinstance(label, dict) and "parameters" in label else label)


def _line(text: str, sound: str) -> object:
    labels = [json.loads(line) for line in text.splitlines()]
    found = [label for i, label in enumerate(labels, start=1) if sound in ("", str(i), dict(label).get("file"))]
    if len(found) != 1:
        raise ValueError(f"expected one sound of {len(labels)}; add :N for line N, or : and the name of its file")
    return found[0]


def load(synth: str, name: str) -> dict[str, float | list[float]]:
    """A preset of a synth, for its argument `ranges`.

    Args:
        synth: short name, as `python -m synths list` shows it.
        name: name of the preset.

    Raises:
        ValueError: no such preset; the names of all are listed.
    """
    if name not in names(synth):
        there = ", ".join(names(synth)) or "none"
        raise ValueError(f"expected a file, or a preset of {synth} ({there}); got {name!r}")
    return files.read_preset(_FOLDER / synth / f"{name}.yaml")


def names(synth: str) -> list[str]:
    """Names of the presets of a synth."""
    return sorted(path.stem for path in (_FOLDER / synth).glob("*.yaml"))


_FOLDER = Path(__file__).parent
