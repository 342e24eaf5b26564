"""Errors of a command line: one line that names the flag. Libraries name arguments; commands add the flag."""

import _thread
import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

# Whole numbers become int64 and are added to each other.
_LARGEST = 2**62


class UsageError(Exception):
    """A command that cannot be done: what was expected, what came, how to mend it."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, **kwargs):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **kwargs)

    def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:
        """Refuses what it does not know: argparse would let the parent of a subcommand do so, whose help has no flags.

        Raises:
            SystemExit: an unknown argument.
        """
        known, unknown = super().parse_known_args(*args, **kwargs)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: {line} (see {self.prog} --help)\n")


@contextmanager
def naming(flag: str, kinds: type[Exception] | tuple[type[Exception], ...] = ValueError) -> Iterator[None]:
    """Turn errors of these kinds into a UsageError that names the flag."""
    try:
        yield
    except kinds as error:
        raise UsageError(f"{flag}: {message_of(error)}") from error


def message_of(error: BaseException) -> str:
    """What an error says; of one of the system, the reason and the file, without its number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def require_folder(out: Path) -> None:
    """Refuse an --out that cannot be a folder to write to, before the work.

    Raises:
        UsageError: it is a file, below a file or read-only, or its path cannot be looked at.
    """
    with naming(f"--out {out}", OSError):
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out}: expected a folder, or a new name; it is a file")
        _require_writable(out, out)


def require_file(out: Path) -> None:
    """Refuse an --out that cannot be a file, before the work.

    Raises:
        UsageError: it is a folder, in a place that is read-only or below a file, or its path cannot be looked at.
    """
    with naming(f"--out {out}", OSError):
        if out.is_dir():
            raise UsageError(f"--out {out}: expected the name of a file; it is a folder")
        if not out.exists() or out.is_file():  # a device or a pipe is written to as it is
            _require_writable(out, Path(os.path.realpath(out)).parent)


def _require_writable(out: Path, folder: Path) -> None:
    """Refuse an --out whose folder cannot be made or written to."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise UsageError(f"--out {out}: expected a place in a folder; {there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out}: expected a place that can be written to; {there} is read-only")


def whole(low: int, high: int = _LARGEST) -> Callable[[str], int]:
    """Type of an argument that is a whole number in [low, high]."""

    def parse(text: str) -> int:
        number = int(text) if text.removeprefix("-").isdecimal() else None
        if number is None or not low <= number <= high:
            too_large = number is not None and number > high
            extent = f"of at least {low}" if high == _LARGEST and not too_large else f"from {low} to {high}"
            raise argparse.ArgumentTypeError(f"expected a whole number {extent}; got {text!r}")
        return number

    return parse


@contextmanager
def exiting_on_sigterm() -> Iterator[None]:
    """On SIGTERM, leave at once as on an error: what is half written is removed. The exit code is 143."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def program(package: str) -> str:
    """How the command line of a package was called: "synths", its installed command, or "python -m synths"."""
    return package if Path(sys.argv[0]).stem == package else f"python -m {package}"


def find_own_packages() -> None:
    """Let classes of packages in the current folder be named, as `python -m` does; installed packages come first."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def own_module(name: str) -> ModuleType:
    """Type of an argument that is a module to import, such as one of a package in the current folder."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a module of one's own may raise anything
        raise argparse.ArgumentTypeError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


@contextmanager
def interrupted_at_once() -> Iterator[None]:
    """Ctrl-C stops the command also where Python would lose it: in a finaliser, such as that of a sound file."""
    before = sys.unraisablehook

    def lost(unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            threading.Timer(0.01, _thread.interrupt_main).start()  # once the finaliser has ended
        else:
            before(unraisable)

    sys.unraisablehook = lost
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def quiet_when_unread() -> Iterator[None]:
    """End without a traceback where the reader of a pipe, such as head, has stopped reading."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush goes nowhere
        sys.exit(141)  # as a shell reports it: 128 + SIGPIPE
