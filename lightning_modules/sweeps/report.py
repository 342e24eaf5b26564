"""The points of a sweep as a table and a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lightning_modules.sweeps.sweep_file import Sweep


def print_points(sweep: Sweep, points: Sequence[Any], folder: Path, console: Console) -> None:
    """Print a table of a sweep's points, the best first, and draw them into sweep.png.

    Args:
        sweep: the sweep.
        points: Optuna's trials, one a point.
        folder: folder for the picture.
        console: where the table is printed.
    """
    with_value = [trial for trial in points if trial.value is not None]
    with_value.sort(key=lambda trial: trial.value, reverse=sweep.maximize)
    tried = with_value + [trial for trial in points if trial.value is None]
    table = Table("point", sweep.metric, "state", "keys", box=SIMPLE)
    for trial in tried:
        value = "" if trial.value is None else f"{trial.value:.4g}"
        table.add_row(str(trial.number), value, trial.state.name.lower(), escape(shown(trial.params)))
    console.print(table)
    _draw(sweep, with_value, folder / "sweep.png")
    print(f"points in {folder}/")


def shown(params: Mapping[str, Any]) -> str:
    """The keys of a point, each by its last part."""
    return ", ".join(
        f"{key.rpartition('.')[2]} {f'{value:.4g}' if isinstance(value, float) else value}"
        for key, value in params.items()
    )


def _draw(sweep: Sweep, trials: Sequence[Any], path: Path) -> None:
    """The metric against each key that has numbers for values, one curve for each value of the other keys."""
    from matplotlib.figure import Figure

    keys = [key for key in sweep.parameters if trials and all(isinstance(t.params[key], int | float) for t in trials)]
    if not keys:
        return
    curves: dict[str, list[Any]] = {}
    for trial in sorted(trials, key=lambda t: t.number):
        others = {key: value for key, value in trial.params.items() if key not in keys}
        curves.setdefault(shown(others), []).append(trial)
    figure = Figure(figsize=(4.5 * len(keys), 3.5), layout="constrained")
    for axes, key in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        for label, curve in curves.items():
            points = sorted((t.params[key], t.value) for t in curve)
            axes.plot(*zip(*points, strict=True), "o-" if len(keys) == 1 else "o", label=label)
        values = sorted(t.params[key] for t in trials)
        scale = "log" if values[0] > 0 and values[-1] >= 10 * values[0] else "linear"
        axes.set(xlabel=key.rpartition(".")[2], ylabel=sweep.metric, xscale=scale)
    if len(curves) > 1:
        figure.axes[0].legend()
    figure.savefig(path, dpi=150)
