"""Code shared by commands: the engine, the folder of results, labels of encoders."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from doppelganger.evaluation.table import TITLES
from synths import engines


def add_engine(parser: ArgumentParser) -> None:
    """Add --processes and --ray."""
    engines.add_flags(parser, "this one, with a thread a core")


def engine_of(args: Namespace) -> engines.Engine | None:
    """The engine that --processes and --ray name; None for this process."""
    return engines.engine_of(args, n_gpus=int(args.device.startswith("cuda")))


def folder_beside(encoder: str) -> Path:
    """Folder for results about an encoder: its own or that of its file; for one that is not ours, in runs/."""
    path = Path(encoder)
    if not path.exists():
        return Path("runs") / labels_of([encoder])[0].replace(":", ".")
    return path if path.is_dir() else path.parent


def labels_of(names: Sequence[str]) -> list[str]:
    """A short label of each encoder: the last parts of its path, as many as make all of them differ.

    No label is a key of `TITLES`, under which reports list the first encoder and the baselines.
    """
    paths = [Path(name.removeprefix("transformers:")) for name in names]
    for n in range(1, max(len(path.parts) for path in paths) + 1):
        labels = [Path(*path.parts[-n:]).as_posix() for path in paths]
        if len(set(labels)) == len(labels) and not TITLES.keys() & set(labels):
            return labels
    return [f"./{name}" if name in TITLES else name for name in names]
