"""Presets: named ranges of a synth's parameters.

A preset is a YAML file, presets/SYNTH/NAME.yaml, that fixes parameters (name: value) or narrows them
(name: [low, high]) in physical units, and says what can be measured of its sounds.
"""

from pathlib import Path

from synths.files.plain_data import parse_json
from synths.parameters import ParameterSpace
from synths.presets.preset_file import Preset, Ranges


def read(synth: str, name: str, space: ParameterSpace | None = None) -> Ranges:
    """Ranges by name: those of `find`, whose arguments and errors it shares."""
    return dict(find(synth, name, space).parameters)


def find(synth: str, name: str, space: ParameterSpace | None = None) -> Preset:
    """A preset of the synth, or of a file.

    Args:
        synth: short name, as `python -m synths list` shows it.
        name: name of a preset; or a YAML or JSON file of ranges, or of a mapping "parameters", as `match` and
            `import` write; or FILE.jsonl:SOUND, a line that `render` wrote, by its number from 1 or its sound's file
            name.
        space: parameters of the synth, not narrowed: a preset made for others is refused.

    Raises:
        ValueError: no such preset, the file holds something else, or a preset of another synth.
        OSError: the file cannot be read.
    """
    before, _, after = name.rpartition(":")
    path, sound = (Path(before), after) if before.endswith(".jsonl") else (Path(name), "")
    if not path.suffix and (name in names(synth) or not path.is_file()):
        return preset(synth, name)
    found = Preset.of(_line(path, sound)) if path.suffix == ".jsonl" else Preset.read(path)
    if space is not None:
        found.require(synth, space)
    return found


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


def load(synth: str, name: str) -> Ranges:
    """A preset of a synth, for its argument `ranges`.

    Args:
        synth: short name, as `python -m synths list` shows it.
        name: name of the preset.

    Raises:
        ValueError: no such preset; the names of all are listed.
    """
    return dict(preset(synth, name).parameters)


def preset(synth: str, name: str) -> Preset:
    """A preset of a synth, with its claims. Arguments and errors as in `load`."""
    if name not in names(synth):
        there = ", ".join(names(synth)) or "none"
        raise ValueError(f"expected a file, or a preset of {synth} ({there}); got {name!r}")
    return Preset.read(_FOLDER / synth / f"{name}.yaml")


def names(synth: str) -> list[str]:
    """Names of the presets of a synth."""
    return sorted(path.stem for path in folder(synth).glob("*.yaml"))


def folder(synth: str) -> Path:
    """Folder of the presets of a synth; it need not exist."""
    return _FOLDER / synth


_FOLDER = Path(__file__).parent
