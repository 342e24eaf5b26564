"""A mistake in what was asked for, as one line that names the flag."""

from collections.abc import Iterator
from contextlib import contextmanager


class UsageError(Exception):
    """What was asked for cannot be done: what was expected, what came, how to mend it."""


@contextmanager
def naming(flag: str, kinds: type[Exception] | tuple[type[Exception], ...] = ValueError) -> Iterator[None]:
    """Turn errors of these kinds into a UsageError that names the flag."""
    try:
        yield
    except kinds as error:
        message = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else error
        raise UsageError(f"{flag}: {message}") from error
