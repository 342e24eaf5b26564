"""Tables on the terminal."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 3  # columns of the terminal beside those of a cell
_NARROWEST = 24  # columns of the terminal in which a sentence can be read


def console() -> Console:
    """Plain text as wide as the terminal, or as COLUMNS says; a pipe gets one line per row."""
    from rich.console import Console

    own_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    # Names and docs are plain text: "[low, high]" is not markup.
    return Console(markup=False, emoji=False, highlight=False, width=None if own_width else 240)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table whose last column wraps; where that has no room, every row as a paragraph."""
    from rich.box import SIMPLE
    from rich.table import Table

    out, rows = console(), [tuple(row) for row in rows]
    widths = [max(map(len, cells)) + _GAP for cells in zip(columns, *rows, strict=True)]
    if sum(widths[:-1]) + min(widths[-1], _NARROWEST) > out.width:
        for name, *cells in rows:
            given = [f"{column}: {cell}" for column, cell in zip(columns[1:], cells, strict=True) if cell]
            print(name, *textwrap.wrap(", ".join(given), out.width - 4, break_on_hyphens=False), sep="\n    ")
        return
    table = Table(box=SIMPLE)
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*row)
    out.print(table)
