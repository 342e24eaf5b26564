"""The table: one row a task, for a terminal of 80 columns."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

TITLES = {"trained": "encoder", "random": "random weights", "log_mel": "log-mel"}


def table_of(tasks: list[dict[str, Any]]) -> Table:
    """Accuracy in %, with its 95 % interval below, of every task and representation of `evaluate`."""
    table = Table(
        title="Linear probe of the frozen encoder: accuracy in %, 95 % interval below",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        leading=1,
    )
    table.add_column("task", overflow="fold", min_width=22)
    for title in (*TITLES.values(), "encoder − random"):
        table.add_column(title, justify="right", max_width=13)
    for task in tasks:
        scores = [task["representations"][name] for name in TITLES]
        best = max(score["accuracy"] for score in scores)
        table.add_row(_task(task), *(_accuracy(score, best) for score in scores), _gain(task["trained_minus_random"]))
    return table


def _task(task: dict[str, Any]) -> str:
    skipped = f"\n[yellow]{len(task['skipped'])} skipped[/]" if task["skipped"] else ""
    return f"{escape(task['name'])}\n[dim]{task['n_clips']} clips, {task['n_classes']} classes[/]{skipped}"


def _accuracy(score: dict[str, Any], best: float) -> str:
    style = "bold" if score["accuracy"] == best else "none"
    low, high = 100 * score["low"], 100 * score["high"]
    return f"[{style}]{100 * score['accuracy']:.1f}[/]\n[dim]{low:.1f}–{high:.1f}[/]"


def _gain(gain: dict[str, float]) -> str:
    low, high = 100 * gain["low"], 100 * gain["high"]
    return f"{100 * gain['difference']:+.1f}\n[dim]{low:+.1f} to {high:+.1f}[/]"
