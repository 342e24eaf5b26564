"""The rows of a study as a table and as a picture."""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any, NamedTuple

from adjustText import adjust_text
from matplotlib.figure import Figure
from rich.table import Table


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


def table_of(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The means as a table."""
    lines = means_of(rows)
    columns = list(lines[0].figures) if lines else []
    table = Table("row", "steps", "seeds", *columns)
    for line in lines:
        figures = (f"{line.figures[key]:.3f}" if key in line.figures else "" for key in columns)
        table.add_row(line.name, str(line.n_steps), str(line.n_seeds), *figures)
    return table


def draw(rows: Sequence[Mapping[str, Any]], x: str, y: str) -> Figure:
    """One figure against another: each row a point with its name.

    Baselines are gray, and a level line where they have no x.
    """
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes, names = figure.subplots(), []
    for line in means_of(rows):
        if x in line.figures:
            axes.plot(line.figures[x], line.figures[y], "o", color="tab:blue" if line.n_steps else "tab:gray")
            names.append(axes.text(line.figures[x], line.figures[y], line.name, fontsize=8))
        elif y in line.figures:
            axes.axhline(line.figures[y], color="tab:gray", linestyle=":")
            axes.annotate(line.name, (0.01, line.figures[y]), xycoords=("axes fraction", "data"), va="bottom")
    axes.set(xlabel=x, ylabel=y)
    axes.margins(0.1)
    figure.canvas.draw()
    adjust_text(names, ax=axes, iter_lim=500, arrowprops={"arrowstyle": "-", "color": "tab:gray", "lw": 0.5})
    return figure
