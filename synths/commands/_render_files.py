"""Render into a folder of sounds, or into one file."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synths import files
from synths.command_line.progress import track
from synths.command_line.usage import naming
from synths.commands._folder import SoundFolder
from synths.corpus.blocks import Renderer
from synths.files import encoding


@contextmanager
def naming_rendering() -> Iterator[None]:
    """Name the flags of errors of `Renderer.render`."""
    with naming("--seconds", MemoryError), naming("--format, --subtype, --sample-rate", encoding.EncodingError):
        yield


def write_folder(path: Path, renderer: Renderer, args: Namespace) -> int:
    """Write the sounds that are not there yet; returns how many were written."""
    recipe, suffix = renderer.recipe, renderer.recipe.sound_format.file_format
    with naming(f"--out {path}"):
        folder = SoundFolder(path)
        folder.require_recipe(recipe)
        for sound in renderer.sounds(args.first, args.n):
            folder.require(f"{sound.name}.{suffix}", sound.label)
    try:
        return _write_missing(folder, renderer, args)
    finally:
        folder.close()


def _write_missing(folder: SoundFolder, renderer: Renderer, args: Namespace) -> int:
    path, recipe, suffix = folder.path, renderer.recipe, renderer.recipe.sound_format.file_format
    if path.is_dir():
        with naming(f"--out {path}"):
            folder.open()
    missing = (s for s in renderer.sounds(args.first, args.n) if not folder.holds(f"{s.name}.{suffix}"))
    n_written, n_files = 0, args.n * recipe.n_views
    for sound, data in track(renderer.render(missing), "rendering", n_files, args.quiet, transient=True):
        with naming(f"--out {path}"):
            folder.open()  # not before: what cannot be rendered or encoded leaves no folder
            folder.require(f"{sound.name}.{suffix}", sound.label)
        folder.add(f"{sound.name}.{suffix}", data, sound.label)
        n_written += 1
    return n_written


def write_file(path: Path, renderer: Renderer, args: Namespace) -> int:
    """Write one sound."""
    ((_, data),) = renderer.render(renderer.sounds(args.first, args.n))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, data)
    return 1
