"""The rows of a study as a table."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, NamedTuple

from rich import box
from rich.markup import escape
from rich.table import Table

# Characters: longer names and words of titles are folded, figures never.
_NAME, _TITLE, _FIGURE, _GAP = 20, 12, 5, 3


class RowMeans(NamedTuple):
    """A row of the table: name, training steps, number of seeds, and the means of its figures over the seeds."""

    name: str
    n_steps: int
    n_seeds: int
    figures: dict[str, float]


def means_of(rows: Sequence[Mapping[str, Any]]) -> list[RowMeans]:
    """Means of every row, those with the highest first figure first, then those of the untrained baselines."""
    means, baselines = [], {}
    for name in dict.fromkeys(row["name"] for row in rows):
        same = [row for row in rows if row["name"] == name]
        for encoder in same[0]["figures"]:
            of_seeds = [row["figures"][encoder] for row in same]
            figures = {key: mean(of[key] for of in of_seeds) for key in of_seeds[0]}
            if encoder == "trained":
                means.append(RowMeans(name, same[0]["n_steps"], len(same), figures))
            else:
                baselines.setdefault(encoder, RowMeans(encoder.replace("_", "-"), 0, len(same), figures))
    return sorted(means, key=lambda row: -next(iter(row.figures.values()))) + list(baselines.values())


def tables_of(rows: Sequence[Mapping[str, Any]], width: int) -> list[Table]:
    """The means as tables that fit a width: each has all rows, and as many figures as are whole in it."""
    lines = means_of(rows)
    name = min(max((len(line.name) for line in lines), default=0), _NAME)
    left, tables = list(lines[0].figures) if lines else [], []
    while left:
        n = len(left)
        while n > 1 and sum(w + _GAP for w in (name, *map(_width, ("steps", "seeds", *left[:n])))) - _GAP > width:
            n -= 1
        tables.append(_table(lines, name, left[:n]))
        left = left[n:]
    return tables


def _width(title: str) -> int:
    return max(_FIGURE, min(max(map(len, title.split()), default=0), _TITLE))


def _table(lines: Sequence[RowMeans], name: int, figures: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("row", overflow="fold", width=name)
    for title in ("steps", "seeds", *figures):
        table.add_column(escape(title), justify="right", overflow="fold", width=_width(title))
    for line in lines:
        cells = (f"{line.figures[key]:.3f}" if key in line.figures else "" for key in figures)
        table.add_row(escape(line.name), str(line.n_steps), str(line.n_seeds), *cells)
    return table
