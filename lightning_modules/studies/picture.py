"""Two figures of a study's rows, drawn against each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightning_modules.studies.table import RowMeans, means_of

_FEWEST = 4  # points that three parameters are fitted to
_AHEAD = 10  # how far a curve goes on, as a factor of x


def draw(rows: Sequence[Mapping[str, Any]], x: str, y: str, curves: bool = False) -> Figure:
    """One figure against another: each row a point with its name.

    Baselines are gray, and a level line where they have no x.

    Args:
        rows: rows of a study.
        x, y: names of figures.
        curves: rows whose names agree up to the comma are one curve, x is logarithmic, and each curve of four points or
            more goes on as `saturation` has it.

    Raises:
        ValueError: no row has such a figure.
    """
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes, names, lines = figure.subplots(), [], means_of(rows)
    figures = dict.fromkeys(key for line in lines for key in line.figures)
    for key, value in (("x", x), ("y", y)):
        if value not in figures:
            raise ValueError(f"plot: {key}: expected one of {', '.join(figures)}; got {value!r}")
    for line in lines:
        if {x, y} <= line.figures.keys() and not curves:
            axes.plot(line.figures[x], line.figures[y], "o", color="tab:blue" if line.n_steps else "tab:gray")
            names.append(axes.text(line.figures[x], line.figures[y], line.name, fontsize=8))
        elif x not in line.figures and y in line.figures:
            axes.axhline(line.figures[y], color="tab:gray", linestyle=":")
            axes.annotate(line.name, (0.01, line.figures[y]), xycoords=("axes fraction", "data"), va="bottom")
    if curves:
        _draw_curves(axes, [line for line in lines if {x, y} <= line.figures.keys()], x, y)
    axes.set(xlabel=x, ylabel=y)
    axes.margins(0.1)
    figure.canvas.draw()
    adjust_text(names, ax=axes, iter_lim=500, arrowprops={"arrowstyle": "-", "color": "tab:gray", "lw": 0.5})
    return figure


def saturation(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """The curve ``y = limit - gap * (x / x[0]) ** -rate`` of least squares.

    Args:
        x: (n,), positive, ascending.
        y: (n,), scores in [0, 1]; n is 4 or more.

    Returns:
        limit in [0, 1], gap >= 0, rate in [0.01, 3].
    """
    from scipy.optimize import curve_fit

    def curve(x: np.ndarray, limit: float, gap: float, rate: float) -> np.ndarray:
        return limit - gap * x**-rate

    start, bounds = (min(float(y.max()), 1.0), max(float(np.ptp(y)), 1e-3), 0.5), ([0, 0, 0.01], [1, 1, 3])
    (limit, gap, rate), _ = curve_fit(curve, x / x[0], y, p0=start, bounds=bounds, max_nfev=10_000)
    return float(limit), float(gap), float(rate)


def _draw_curves(axes: Axes, lines: Sequence[RowMeans], x: str, y: str) -> None:
    axes.set_xscale("log")
    for name in sorted({line.name.partition(",")[0] for line in lines}):
        points = sorted((line.figures[x], line.figures[y]) for line in lines if line.name.partition(",")[0] == name)
        xs, ys = np.array(points).T
        (drawn,) = axes.plot(xs, ys, "o-", label=name)
        if len(points) >= _FEWEST:
            limit, gap, rate = saturation(xs, ys)
            ahead = np.geomspace(xs[0], xs[-1] * _AHEAD)
            label = f"{name}: {limit:.3f} - {gap:.3f} (x / {xs[0]:,.0f})^-{rate:.2f}"
            axes.plot(ahead, limit - gap * (ahead / xs[0]) ** -rate, "--", color=drawn.get_color(), label=label)
    axes.legend(loc="lower right")
