"""Training curves from a run's metrics.csv, in coordinates of a drawing."""

import csv
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Size of a drawing, and edges of the area inside its axes, in SVG units.
DRAWING = {"width": 320, "height": 190, "left": 36, "right": 308, "top": 10, "bottom": 160}
_MOST = 200  # points per line
_DOTTED = 12  # lines of at most this many points get a mark at each, since a short line is hard to see

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class MetricCurve:
    """One metric: its name, the last value as text, its path in the drawing, and the points to mark."""

    name: str
    last: str
    path: str
    marks: Points


@dataclass(frozen=True)
class Panel:
    """Lines that share a drawing.

    Args:
        title: title with the unit.
        lines: one line per metric.
        across, up: position and text of each tick of the x and y axes.
    """

    title: str
    lines: list[MetricCurve]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]] = field(default_factory=list)


def panels_of(metrics: Path) -> list[Panel]:
    """Loss, top-1 accuracy of pairs and probe accuracy against the training step.

    Args:
        metrics: metrics.csv with a column per metric, named stage/term, and a column `step`.

    Returns:
        panels, without those that have no values.
    """
    columns = _read(metrics)
    found = [
        ("loss", 1.0, _of_term(columns, "loss")),
        ("top-1 accuracy of pairs, %", 100.0, _of_term(columns, "top1_accuracy")),
        ("probe accuracy, %", 100.0, _of_stage(columns, "probe")),
    ]
    return [_panel(title, lines, scale) for title, scale, lines in found if lines]


def _read(metrics: Path) -> dict[str, Points]:
    columns: dict[str, Points] = {}
    # A damaged file, with a field that is too long say, is drawn as far as it can be read.
    with metrics.open(encoding="utf-8", newline="") as file, suppress(csv.Error):
        for row in csv.DictReader(file):
            step = _number(row.get("step"))
            for name, cell in row.items():
                value = _number(cell)
                if isinstance(name, str) and step is not None and value is not None:
                    columns.setdefault(name, []).append((step, value))
    return {name: sorted(points) for name, points in columns.items()}


def _number(cell: object) -> float | None:
    # A diverged run writes nan, and a run in progress may have written half a line.
    try:
        value = float(cell) if isinstance(cell, str) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _of_term(columns: Mapping[str, Points], term: str) -> dict[str, Points]:
    stages = sorted(name.removesuffix(f"/{term}") for name in columns if name.endswith(f"/{term}"))
    names = {"train": "training", "val": "validation"}
    return {names.get(stage, stage): columns[f"{stage}/{term}"] for stage in stages}


def _of_stage(columns: Mapping[str, Points], stage: str) -> dict[str, Points]:
    return {name.partition("/")[2]: columns[name] for name in sorted(columns) if name.startswith(f"{stage}/")}


def _panel(title: str, found: Mapping[str, Points], scale: float) -> Panel:
    found = {name: _thin([(step, scale * value) for step, value in points]) for name, points in found.items()}
    steps, values = zip(*(point for points in found.values() for point in points), strict=True)
    last_step = max(*steps, 1.0)
    across, up = _ticks(0.0, last_step, 4), _ticks(min(values), max(values), 5)
    edge = DRAWING

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = edge["left"] + point[0] / last_step * (edge["right"] - edge["left"])
        y = edge["bottom"] - (point[1] - up[0]) / (up[-1] - up[0]) * (edge["bottom"] - edge["top"])
        return round(x, 1), round(y, 1)

    lines = []
    for name, points in found.items():
        placed = [place(point) for point in points]
        path = " ".join(f"{x},{y}" for x, y in placed)
        marks = placed if len(placed) <= _DOTTED else placed[-1:]
        lines.append(MetricCurve(name, _text(points[-1][1]), path, marks))
    return Panel(
        title,
        lines,
        [(place((step, 0))[0], f"{step:,.0f}") for step in across if step <= last_step],
        [(place((0, value))[1], _text(value)) for value in up],
    )


def _thin(points: Points) -> Points:
    """At most `_MOST` points, each the mean of a run of neighbours."""
    size = -(-len(points) // _MOST)
    runs = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(x for x, _ in run) / len(run), sum(y for _, y in run) / len(run)) for run in runs]


def _ticks(low: float, high: float, n: int) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about n of them, at least two."""
    span = (high - low) or max(abs(low), 1e-6)
    step = 10.0 ** math.floor(math.log10(span / n))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= n)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [i * step for i in range(first, max(last, first + 1) + 1)]


def _text(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
