"""Presets: parts of a synth's space that have a name.

A preset is a YAML file, presets/SYNTH/NAME.yaml, that fixes parameters (name: value) or narrows them
(name: [low, high]) in physical units.
"""

from pathlib import Path

from synths import files


def load(synth: str, name: str) -> dict[str, float | list[float]]:
    """The preset of a synth, to be given to it as `ranges`.

    Args:
        synth: short name, as `python -m synths list` shows it.
        name: the preset's.

    Raises:
        ValueError: no such preset; those there are are listed.
    """
    if name not in names(synth):
        known = ", ".join(names(synth)) or "none"
        raise ValueError(f"expected a file, or a preset of {synth} ({known}); got {name!r}")
    return files.read_preset(_FOLDER / synth / f"{name}.yaml")


def names(synth: str) -> list[str]:
    """Names of the presets of a synth."""
    return sorted(path.stem for path in (_FOLDER / synth).glob("*.yaml"))


_FOLDER = Path(__file__).parent
