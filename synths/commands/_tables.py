"""Tables on the terminal."""

import sys
from collections.abc import Iterable, Sequence


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table. Only the last column wraps; a pipe gets one line a row, whatever the terminal's width."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE)
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*row)
    # Names and docs are plain text: "[low, high]" is not markup.
    Console(markup=False, emoji=False, width=None if sys.stdout.isatty() else 240).print(table)
