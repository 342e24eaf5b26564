"""Files: written whole or not at all; presets in, sounds out."""

import errno
import os
import re
import reprlib
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import torch
from torch import Tensor

FORMATS = ("wav", "flac")
SUBTYPES = ("pcm_16", "pcm_24", "float")
_SYSTEM_ERROR = 2  # libsndfile's SF_ERR_SYSTEM


class EncodingError(ValueError):
    """A file format does not hold such a sound."""


def encode(waveform: Tensor, sample_rate: int, file_format: str, subtype: str = "pcm_16") -> bytes:
    """A sound as a file.

    Args:
        waveform: (n_samples,), or (n_channels, n_samples), in [-1, 1].
        sample_rate: in Hz.
        file_format: one of `FORMATS`.
        subtype: one of `SUBTYPES`.

    Raises:
        EncodingError: the format cannot hold it, FLAC at an extreme sample rate say.
        OSError: there is no room for it.
    """
    import soundfile

    waveform = waveform.detach().clamp(-1, 1).cpu()
    if waveform.ndim > 1:
        waveform = waveform.mT.contiguous()  # files hold the channels of a sample side by side
    if subtype == "float":
        return _float_wav(waveform, sample_rate, file_format)
    # Rounded here: left to itself, the library truncates towards minus infinity.
    if subtype == "pcm_24":
        pcm = ((waveform.double() * 0x7FFFFF).round().to(torch.int32) * 256).numpy()
    else:
        pcm = (waveform * 32767).round().to(torch.int16).numpy()
    # A file that the library writes by itself: into a Python object it writes through callbacks, which lose Ctrl-C.
    with os.fdopen(os.memfd_create("sound"), "rb") if hasattr(os, "memfd_create") else TemporaryFile() as file:
        try:
            options = {"subtype": subtype.upper(), "format": file_format.upper(), "closefd": False}
            soundfile.write(file.fileno(), pcm, sample_rate, **options)
        except soundfile.LibsndfileError as error:
            if error.code == _SYSTEM_ERROR:  # no memory, or a limit on the size of files
                raise OSError(errno.EFBIG, f"no room for a sound of {pcm.nbytes:,} bytes in memory") from error
            raise EncodingError(f"cannot write {file_format} at {sample_rate} Hz: {error.error_string}") from error
        file.seek(0)
        return file.read()


def _float_wav(waveform: Tensor, sample_rate: int, file_format: str) -> bytes:
    """A WAV file of floats. The one that libsndfile writes holds the time at which it was written."""
    if file_format != "wav":
        raise EncodingError(f"cannot write {file_format} of floats: only wav holds them")
    samples = waveform.float().numpy().astype("<f4").tobytes()
    n_channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    frame = 4 * n_channels
    try:
        return (
            struct.pack("<4sI4s", b"RIFF", 50 + len(samples), b"WAVE")
            + struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, n_channels, sample_rate, frame * sample_rate, frame, 32, 0)
            + struct.pack("<4sII", b"fact", 4, len(waveform))
            + struct.pack("<4sI", b"data", len(samples))
            + samples
        )
    except struct.error:
        raise EncodingError(f"cannot write wav of {len(waveform)} floats at {sample_rate} Hz: too large") from None


def write(path: Path, content: str | bytes, *, durable: bool = True, exclusive: bool = False) -> None:
    """Write a file, whole or not at all; see `replacing`. Text becomes UTF-8, what UTF-8 cannot hold an escape."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    with replacing(path, durable=durable, exclusive=exclusive) as temporary:
        temporary.write_bytes(data)


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


def checked_preset(preset: object) -> dict[str, float | list[float]]:
    """A preset that was read from a file, as it is.

    Raises:
        ValueError: not a mapping of names to numbers or pairs of numbers.
    """
    if not isinstance(preset, dict):
        raise ValueError(f"expected a mapping of parameter names to values; got {type(preset).__name__}")
    for name, value in preset.items():
        if not (isinstance(name, str) and (_is_number(value) or _is_pair(value))):
            raise ValueError(f"{reprlib.repr(name)}: expected a number or [low, high]; got {reprlib.repr(value)}")
    return preset


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
