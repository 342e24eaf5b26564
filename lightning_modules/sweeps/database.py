"""The database of a sweep's points."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from synths.plain_data import reason
from synths.usage import UsageError

_PATIENCE_S = 60  # other processes may be writing; SQLite's own is 5


def database(url: str) -> RDBStorage:
    """A database of points, made if missing.

    Raises:
        UsageError: no such database, or no driver for it.
    """
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE_S}} if url.startswith("sqlite") else {}
    try:
        with naming_database():
            return RDBStorage(url, engine_kwargs=options)
    except ImportError as error:
        raise UsageError(f"--storage: {error}") from error


@contextmanager
def naming_database() -> Iterator[None]:
    """Turn errors of the database into a UsageError of one line, without the URL, which may hold a password."""
    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
        raise UsageError(f"--storage: {reason(cause)}") from error
