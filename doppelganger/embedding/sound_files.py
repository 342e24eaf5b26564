"""The sound files of a folder, and their names as text."""

import os
import warnings
from pathlib import Path

from doppelganger.embedding.audio import is_sound_name


def sound_files(folder: Path) -> list[Path]:
    """All files below a folder whose names end like those of sound files, sorted; or the one file given.

    Hidden files and folders are left out. Links are followed, and each folder is read once.

    Warns:
        UserWarning: a folder that cannot be read is left out.

    Raises:
        ValueError: there is none.
    """
    if folder.is_file():
        return [folder]
    files, links, seen = [], [folder], set()
    while links:
        # A folder that is reached by its own path and by a link keeps its own: links come last.
        for where, folders, names in os.walk(links.pop(0), onerror=_tell_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if (real := os.path.realpath(where)) in seen:
                folders.clear()
                continue
            seen.add(real)
            links += [Path(where, name) for name in folders if os.path.islink(os.path.join(where, name))]
            files += [Path(where, name) for name in names if not name.startswith(".") and is_sound_name(Path(name))]
    if not files:
        found = "has none" if folder.is_dir() else "does not exist"
        raise ValueError(f"expected a folder with sound files, such as .wav or .flac; {folder} {found}")
    return sorted(files)


def _tell_unreadable(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # which is refused below, or was deleted meanwhile
        warnings.warn(f"{error.filename} cannot be read, and is left out: {error.strerror}", stacklevel=2)


def text_of(path: Path) -> str:
    """A path as text that can be printed: the bytes of a file name may not be UTF-8."""
    return path.as_posix().encode("utf-8", "replace").decode()
