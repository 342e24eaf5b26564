"""The database of a sweep's points."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from synths.command_line.usage import UsageError
from synths.files.plain_data import reason

_PATIENCE_S = 60  # other processes may be writing; SQLite's own is 5


def database(url: str) -> RDBStorage:
    """A database of points, made if missing.

    Raises:
        UsageError: no such database, or no driver for it.
    """
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE_S}} if url.startswith("sqlite") else {}
    try:
        with naming_database():
            return _opened(url, options)
    except ImportError as error:
        raise UsageError(f"--storage: {error}") from error


def _opened(url: str, options: dict[str, Any], n_tries: int = 5) -> RDBStorage:
    """The database, also where another process makes it at this moment and was faster with a part of it."""
    try:
        return RDBStorage(url, engine_kwargs=options)
    except SQLAlchemyError as error:
        is_made = isinstance(error, IntegrityError) or "already exists" in str(error)
        if n_tries == 1 or not is_made:
            raise
    time.sleep(0.5)
    return _opened(url, options, n_tries - 1)


@contextmanager
def naming_database() -> Iterator[None]:
    """Turn errors of the database into a UsageError of one line, without the URL, which may hold a password."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
        raise UsageError(f"--storage: {reason(cause)}") from error
