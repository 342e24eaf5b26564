"""The rows of a study as a table."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any, NamedTuple

from rich import box
from rich.markup import escape
from rich.table import Table

# Characters: longer names and words of titles are folded, figures never.
_NAME, _TITLE, _FIGURE, _GAP = 20, 12, 5, 3
_COUNTS = "steps", "seeds"


class RowMeans(NamedTuple):
    """A row of the table: name, training steps, number of seeds, and the means of its figures over the seeds.

    `deviations` are the standard deviations over several seeds.
    """

    name: str
    n_steps: int
    n_seeds: int
    figures: dict[str, float]
    deviations: dict[str, float]

    def cell(self, key: str) -> str:
        """A figure as text, "0.912 ± 0.004"; empty if there is none."""
        if key not in self.figures:
            return ""
        spread = f" ± {_rounded(self.deviations[key])}" if key in self.deviations else ""
        return _rounded(self.figures[key]) + spread


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"


def means_of(rows: Sequence[Mapping[str, Any]]) -> list[RowMeans]:
    """Means of every row, those with the highest first figure first, then those of the untrained baselines."""
    means, baselines = [], {}
    for name in dict.fromkeys(row["name"] for row in rows):
        same = [row for row in rows if row["name"] == name]
        for encoder in same[0]["figures"]:
            of_seeds = [row["figures"][encoder] for row in same]
            figures = {key: mean(of[key] for of in of_seeds) for key in of_seeds[0]}
            spread = {key: stdev(of[key] for of in of_seeds) for key in figures} if len(same) > 1 else {}
            if encoder == "trained":
                means.append(RowMeans(name, same[0]["n_steps"], len(same), figures, spread))
            else:
                baselines.setdefault(encoder, RowMeans(encoder.replace("_", "-"), 0, len(same), figures, spread))
    return sorted(means, key=lambda row: -next(iter(row.figures.values()))) + list(baselines.values())


def tables_of(rows: Sequence[Mapping[str, Any]], width: int) -> list[Table]:
    """The means as tables that fit a width: each has all rows, and as many figures as are whole in it."""
    lines = means_of(rows)
    name = min(max((len(line.name) for line in lines), default=0), _NAME)
    left, tables = list(lines[0].figures) if lines else [], []
    while left:
        n = len(left)
        while n > 1 and _table_width(lines, name, left[:n]) > width:
            n -= 1
        tables.append(_table(lines, name, left[:n]))
        left = left[n:]
    return tables


def _table_width(lines: Sequence[RowMeans], name: int, figures: Sequence[str]) -> int:
    columns = [name, *(_width(lines, title) for title in (*_COUNTS, *figures))]
    return sum(columns) + _GAP * (len(columns) - 1)


def _width(lines: Sequence[RowMeans], title: str) -> int:
    words = max(map(len, title.split()), default=0)
    return max(_FIGURE, min(words, _TITLE), *(len(line.cell(title)) for line in lines))


def _table(lines: Sequence[RowMeans], name: int, figures: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("row", overflow="fold", width=name)
    for title in (*_COUNTS, *figures):
        table.add_column(escape(title), justify="right", overflow="fold", width=_width(lines, title))
    for line in lines:
        table.add_row(escape(line.name), str(line.n_steps), str(line.n_seeds), *map(line.cell, figures))
    return table
