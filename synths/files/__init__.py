"""Files that are written whole or not at all; the modules of this package read and write formats."""

import hashlib
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, content: str | bytes, *, durable: bool = True, exclusive: bool = False) -> None:
    """Write a file, whole or not at all; see `replacing`. Text becomes UTF-8, what UTF-8 cannot hold an escape."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    with replacing(path, durable=durable, exclusive=exclusive) as temporary:
        temporary.write_bytes(data)


def sha256_of(path: Path) -> str:
    """Checksum of a file."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


@contextmanager
def replacing(path: Path, *, durable: bool = True, exclusive: bool = False) -> Iterator[Path]:
    """A temporary path beside `path`, to be written by the caller, which then takes the place of `path`.

    On an error the old file stays as it was, and the temporary one is removed. The new file has the mode that
    writing to `path` would give it. A link is followed; a device or a pipe is written to directly.

    Args:
        path: file to replace; it need not exist.
        durable: wait until the data is on the disk, so that a power cut leaves the old file or the new one, and
            first remove what killed processes left of the same file. Without it, for thousands of small files,
            call `remove_leftovers` once.
        exclusive: replace nothing: of several processes that make the file at once, one does.

    Raises:
        FileExistsError: the file is there, and `exclusive`.
        OSError: the file cannot be written; `filename` is `path`.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        yield path
        return
    # A name has at most 255 bytes.
    short = path.name.encode()[:120].decode(errors="ignore")
    temporary = path.with_name(f".{short}.{_host()}-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        if durable:
            remove_leftovers(path.parent, short)
        yield temporary
        if durable:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        if exclusive:
            _take_name(path, temporary)
        else:
            os.replace(temporary, path)
    except OSError as error:
        # An error without a number is no file's: that of a connection, say.
        if error.errno is not None and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _take_name(path: Path, temporary: Path) -> None:
    """Give a file the name `path`, which no file has yet."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links; there a killed process may leave half of the file
        with path.open("xb") as file:
            file.write(temporary.read_bytes())


def new_folder(parent: Path, name: str, number: int = 1) -> str:
    """Make a folder that was not there, and give its name: with a number where another process has taken `name`."""
    folder = name if number == 1 else f"{name}-{number}"
    parent.mkdir(parents=True, exist_ok=True)
    try:
        Path(parent, folder).mkdir()
    except FileExistsError:
        return new_folder(parent, name, number + 1)
    return folder


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files that killed processes of this machine left: of one file, or of all in a folder."""
    of = ".+" if name is None else re.escape(name)
    leftover = re.compile(rf"\.{of}\.{re.escape(_host())}-(\d+)-\d+\.tmp", re.DOTALL)
    for found in filter(None, map(leftover.fullmatch, os.listdir(folder))):
        if not is_alive(int(found[1])):
            (folder / found[0]).unlink(missing_ok=True)


def _host() -> str:
    return socket.gethostname()[:40]


def is_alive(pid: int) -> bool:
    """Whether a process of this machine still runs; where the system does not tell, it counts as alive."""
    if os.name != "posix":
        return True  # elsewhere signal 0 would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it belongs to somebody else
    return True
