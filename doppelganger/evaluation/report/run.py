"""Find the folder and the configuration of the training of an encoder."""

from pathlib import Path
from typing import Any

from doppelganger.checkpoints import find_file, load_checkpoint
from synths.files.plain_data import parse_yaml, read_text

_CONFIGS = "config.yaml", "hparams.yaml"


def run_folder(encoder: str | Path) -> Path | None:
    """The run folder of a checkpoint (for a folder, of the file that `find_file` finds); None if there is none."""
    path = Path(encoder)
    if not path.exists():
        return None
    try:
        path = find_file(path)
    except (FileNotFoundError, ValueError):  # a folder without an encoder, or another form of one
        return None
    files = ("metrics.csv", *_CONFIGS)
    return next((f for f in list(path.parents)[:2] if any((f / name).is_file() for name in files)), None)


def training_config(encoder: str | Path) -> dict[str, Any] | None:
    """The training configuration of an encoder, from its checkpoint or else its run folder; None if unknown.

    Raises:
        ValueError: a configuration that is not YAML.
    """
    try:
        text = load_checkpoint(encoder).get("config")
        source = f"the configuration in {encoder}"
    except (FileNotFoundError, ValueError):  # a timm name, or another kind of file
        text, source = None, ""
    folder = run_folder(encoder)
    if not isinstance(text, str) and folder:
        path = next((folder / name for name in _CONFIGS if (folder / name).is_file()), None)
        text, source = path and read_text(path), str(path)
    if not isinstance(text, str):
        return None
    try:
        config = parse_yaml(text)
    except ValueError as error:
        raise ValueError(f"{source}: expected YAML as doppelganger-train writes it; parsing failed: {error}") from None
    return config if isinstance(config, dict) else None
