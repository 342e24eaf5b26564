"""Presets: named ranges of a synth's parameters.

A preset is a YAML file, presets/SYNTH/NAME.yaml, that fixes parameters (name: value) or narrows them
(name: [low, high]) in physical units.
"""

from pathlib import Path

from synths import files
from synths.plain_data import parse_json, read_text


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
    label = parse_json(read_text(path)) if path.suffix == ".json" else _line(path, sound)
    return files.checked_preset(label["parameters"] if isinstance(label, dict) and "parameters" in label else label)


def _line(path: Path, sound: str) -> object:
    label, n_lines, n_found = None, 0, 0
    with path.open("rb") as file:  # which may have as many lines as a corpus has sounds
        for n_lines, line in enumerate(file, start=1):
            this = parse_json(line.decode("utf-8", "replace"))
            if sound in ("", str(n_lines), this.get("file") if isinstance(this, dict) else None):
                label, n_found = this, n_found + 1
    if n_found != 1:
        raise ValueError(f"expected one sound of {n_lines}; add :N for line N, or : and the name of its file")
    return label


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
