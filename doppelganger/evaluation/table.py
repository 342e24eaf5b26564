"""The table: one row a task, for a terminal."""

from typing import Any

from rich.table import Table

TITLES = {"trained": "encoder", "random": "random weights", "log_mel": "log-mel"}


def table_of(tasks: list[dict[str, Any]]) -> Table:
    """Accuracy in %, with its 95 % interval below, of every task and representation of `evaluate`."""
    table = Table(title="Linear probe: accuracy in %, 95 % interval below", title_style="bold", show_lines=True)
    table.add_column("task")
    table.add_column("clips", justify="right")
    table.add_column("classes", justify="right")
    for title in TITLES.values():
        table.add_column(title, justify="right")
    table.add_column("encoder − random", justify="right")
    for task in tasks:
        scores = [task["representations"][name] for name in TITLES]
        best = max(score["accuracy"] for score in scores)
        cells = [_cell(score, score["accuracy"], bold=score["accuracy"] == best) for score in scores]
        difference = task["trained_minus_random"]
        skipped = f"\n[yellow]−{len(task['skipped'])} skipped[/]" if task["skipped"] else ""
        table.add_row(
            task["name"].replace("[", r"\["),
            f"{task['n_clips']}{skipped}",
            str(task["n_classes"]),
            *cells,
            _cell(difference, difference["difference"], sign="+"),
        )
    return table


def _cell(score: dict[str, Any], value: float, *, bold: bool = False, sign: str = "") -> str:
    figure = f"{100 * value:{sign}.1f}"
    interval = f"{100 * score['low']:{sign}.1f} to {100 * score['high']:{sign}.1f}"
    return f"{f'[bold]{figure}[/]' if bold else figure}\n[dim]{interval}[/]"
