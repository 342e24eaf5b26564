"""Tables on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Plain text as wide as the terminal, or as COLUMNS says; a pipe gets one line a row."""
    from rich.console import Console

    own_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    # Names and docs are plain text: "[low, high]" is not markup.
    return Console(markup=False, emoji=False, highlight=False, width=None if own_width else 240)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table. Only the last column wraps."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*row)
    console().print(table)
