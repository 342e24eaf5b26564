"""Limits on files that may come from a stranger: what is made from one, and what is computed with it."""

import pickle
import reprlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from doppelganger.encoders import Encoder, SpectrogramEncoder
from doppelganger.memory_limit import MemoryLimit, TooLarge
from synths.files.plain_data import reason, require_small

_LARGEST = 10_000_000  # number in a recipe
_WINDOW, _SPECTROGRAM = 2**22, 2**20  # most samples of a window, and most values of its spectrogram
_SPARE = 10**9  # bytes of what is made from a file, besides four times the file's own size


@contextmanager
def bounded(file: Path) -> Iterator[None]:
    """Names the file in errors, and bounds the memory of what it makes: a few bytes may ask for any number."""
    try:
        with MemoryLimit(_SPARE + 4 * file.stat().st_size):
            yield
    except (ValueError, TooLarge) as error:
        raise ValueError(f"{file}: {reason(error)}") from None


def require_plain(recipe: Any) -> None:
    """Check a recipe before anything is made of it.

    Raises:
        ValueError: see `require_small`; or a number beyond ten million that is not a seed.
    """
    require_small(recipe)
    for name, value in _numbers(recipe):
        if not abs(value) <= _LARGEST and name != "seed":
            raise ValueError(f"expected numbers up to {_LARGEST:,}; got {name}: {reprlib.repr(value)}")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number in plain data, with the name of its innermost key."""
    if isinstance(value, int | float):
        yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(part, name)


def require_usable(file: Path, encoder: Encoder) -> None:
    """Check the sizes with which memory and time of an embedding grow.

    Raises:
        ValueError: a sample rate outside 100 Hz to 1 MHz, a window of no sample or of more than four million, or a
            spectrogram of one with more than a million values.
    """
    with bounded(file):
        rate = encoder.sample_rate
        if not (isinstance(rate, int) and 100 <= rate <= 1e6):
            raise ValueError(f"expected a sample_rate of 100 to 1,000,000 Hz; got {rate!r}")
        lengths = {"window_s": encoder.window_s, "max_window_s": encoder.max_window_s or encoder.window_s}
        for name, length_s in lengths.items():
            if not (isinstance(length_s, int | float) and 1 <= length_s * rate <= _WINDOW):
                raise ValueError(f"expected {name} of 1 to {_WINDOW:,} samples at {rate} Hz; got {length_s!r}")
        if isinstance(encoder, SpectrogramEncoder):
            n_samples = max(encoder.max_window, getattr(encoder.frontend, "shortest", 1))
            try:
                with torch.no_grad():
                    n_values = encoder.frontend(torch.zeros(1, n_samples)).numel()
            except (ArithmeticError, RuntimeError, TypeError, LookupError) as error:
                raise ValueError(f"its front end fails on a window: {reason(error)}") from error
            if not 1 <= n_values <= _SPECTROGRAM:
                raise ValueError(f"expected spectrograms of 1 to {_SPECTROGRAM:,} values; got {n_values:,}")


# What torch raises for a file that is no checkpoint: for a .wav it is an IndexError.
DAMAGED = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError, zipfile.BadZipFile)


def require_intact(path: str | Path) -> None:
    """Compare a checkpoint's parts with their checksums, which torch writes and does not read: about 1 GB a second.

    Raises:
        ValueError: a part was changed, or the file is cut off.
        OSError: it cannot be read.
    """
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            if file.read(4) == b"PK\3\4":  # the directory, at the end of the file, is missing
                raise ValueError("it is cut off")
        return
    try:
        with zipfile.ZipFile(path) as parts:
            changed = parts.testzip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise ValueError(f"it is damaged: {error}") from None
    if changed is not None:
        raise ValueError(f"it is damaged: {changed[:200]} has another checksum")


def require_uncompressed(path: Path) -> None:
    """Check that a file takes no more memory than its size: torch.save compresses nothing.

    Raises:
        ValueError: a part of it is compressed.
    """
    try:
        with zipfile.ZipFile(path) as file:
            compressed = [part.filename for part in file.infolist() if part.compress_type != zipfile.ZIP_STORED]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):  # torch says what is wrong
        return
    if compressed:
        raise ValueError(f"{path}: expected a checkpoint as torch.save writes it; {compressed[0]} in it is compressed")
