"""Tables that commands print."""

from collections.abc import Collection, Iterable, Sequence

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()) -> Table:
    """A table of plain text; cells are wrapped, never cut, so that names of files can be copied.

    Args:
        columns: titles.
        rows: cells.
        numbers: titles of the columns with numbers, which are aligned on the right.
    """
    made = Table(box=SIMPLE)
    for column in columns:
        made.add_column(column, overflow="fold", justify="right" if column in numbers else "left")
    for row in rows:
        made.add_row(*map(escape, row))
    return made


def ranking(found: Iterable[tuple[float, str]]) -> Table:
    """Sounds by name, each with its similarity."""
    return table(("similarity", "file"), ((f"{similarity:.3f}", name) for similarity, name in found), {"similarity"})
