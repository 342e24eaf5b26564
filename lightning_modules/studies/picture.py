"""Two figures of a study's rows, drawn against each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from lightning_modules.studies.table import RowMeans, means_of

_FEWEST = 4  # points that three parameters are fitted to
_AHEAD = 10  # how far a curve goes on, as a factor of x
_DPI = 72  # a pixel is a point while names are placed
_GAP = 5  # points from the middle of a dot that stay free
# Distances in points and directions in degrees of a name from its dot, the best first; a line leads to the far ones.
_PLACES = [(distance, degrees) for distance in range(6, 100, 6) for degrees in (0, 180, 90, 270, *range(15, 360, 15))]
_NEAR = 12


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
    figure = Figure(figsize=(9, 6.5), dpi=_DPI, layout="constrained")
    axes, names, lines = figure.subplots(), [], means_of(rows)
    figures = dict.fromkeys(key for line in lines for key in line.figures)
    for key, value in (("x", x), ("y", y)):
        if value not in figures:
            raise ValueError(f"plot: {key}: expected one of {', '.join(figures)}; got {value!r}")
    for line in lines:
        if {x, y} <= line.figures.keys() and not curves:
            axes.plot(line.figures[x], line.figures[y], "o", color="tab:blue" if line.n_steps else "tab:gray")
            point = (line.figures[x], line.figures[y])
            names.append(
                axes.annotate(line.name, point, xytext=(0, 0), textcoords="offset points", fontsize=8, va="bottom")
            )
        elif x not in line.figures and y in line.figures:
            axes.axhline(line.figures[y], color="tab:gray", linestyle=":")
            axes.annotate(line.name, (0.01, line.figures[y]), xycoords=("axes fraction", "data"), va="bottom")
    if curves:
        _draw_curves(axes, [line for line in lines if {x, y} <= line.figures.keys()], x, y)
    axes.set(xlabel=x, ylabel=y)
    axes.margins(0.15)
    _name_points(figure, axes, names)
    return figure


def _name_points(figure: Figure, axes: Axes, names: Sequence[Annotation]) -> None:
    """Moves names beside their dots, so that none touches another one, a dot, a line or the frame."""
    figure.draw_without_rendering()  # the layout, on which places depend
    axes.autoscale(False)
    frame = axes.get_window_extent()
    dots = [axes.transData.transform(name.xy) for name in names]
    levels = [axes.transData.transform(line.get_xydata())[0, 1] for line in axes.lines if line.get_linestyle() == ":"]
    taken = [Bbox.from_extents(*(dot - _GAP), *(dot + _GAP)) for dot in dots]
    taken += [text.get_window_extent() for text in axes.texts if text not in names]
    taken += [Bbox.from_extents(frame.x0, level - 1, frame.x1, level + 1) for level in levels]
    leads: list[Path] = []
    for name, dot in zip(names, dots, strict=True):
        places = _places(dot, np.array(name.get_window_extent().size))
        free = (place for place in places if _is_free(*place, dot, frame, taken, leads))
        box, lead = next(free, places[0])
        name.set_position((box.x0 - dot[0], box.y0 - dot[1]))
        taken.append(box)
        if lead is not None:
            leads.append(lead)
            axes.plot(*axes.transData.inverted().transform(lead.vertices).T, color="tab:gray", lw=0.5, zorder=1)


def _places(dot: np.ndarray, size: np.ndarray) -> list[tuple[Bbox, Path | None]]:
    """Boxes of a name of a size around its dot, the best first; the far ones with a line that leads to the dot."""
    found = []
    for distance, degrees in _PLACES:
        towards = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        corner = dot + towards * (distance + size / 2) - size / 2
        lead = Path([dot, dot + towards * distance]) if distance > _NEAR else None
        found.append((Bbox.from_bounds(*corner, *size), lead))
    return found


def _is_free(
    box: Bbox, lead: Path | None, dot: np.ndarray, frame: Bbox, taken: Sequence[Bbox], leads: Sequence[Path]
) -> bool:
    """Whether a name's box and its line meet nothing but the name's own dot."""
    is_inside = frame.x0 < box.x0 and frame.y0 < box.y0 and box.x1 < frame.x1 and box.y1 < frame.y1
    is_crossed = any(map(box.overlaps, taken)) or any(other.intersects_bbox(box) for other in leads)
    crosses = lead is not None and any(lead.intersects_bbox(other) for other in taken if not other.contains(*dot))
    return is_inside and not is_crossed and not crosses


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
