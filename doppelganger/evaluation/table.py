"""The results table: a row per task and protocol, for a terminal of 80 columns."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

TITLES = {"trained": "encoder", "random": "random weights", "log_mel": "log-mel", "from_scratch": "from scratch"}
_WIDTH = 11  # of a column of scores, as "99.9–100.0": five of them leave 20 columns of 80 for the task


def table_of(tasks: list[dict[str, Any]]) -> Table:
    """Score in %, with its 95 % interval over clips below, of every task, protocol and encoder of `evaluate`."""
    names = [name for name in TITLES if any(name in rows for rows in _rows(tasks))]
    compared = any("trained_minus_random" in p for task in tasks for p in task["protocols"].values())
    table = Table(
        title="Frozen encoders: score in %, 95 % interval over clips below",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        leading=1,
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("task, protocol", overflow="fold")
    for title in [*(TITLES[name] for name in names), *(["encoder − random"] if compared else [])]:
        table.add_column(title, justify="right", min_width=_WIDTH, max_width=_WIDTH)
    for task in tasks:
        for i, (protocol, result) in enumerate(task["protocols"].items()):
            scores = result["encoders"]
            best = max(score["score"] for score in scores.values())
            cells = [_score(scores[name], best) if name in scores else "" for name in names]
            gain = [_gain(result["trained_minus_random"])] if compared else []
            table.add_row(escape(protocol) if i else _task(task, protocol), *cells, *gain)
    return table


def _rows(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result["encoders"] for task in tasks for result in task["protocols"].values()]


def _task(task: dict[str, Any], protocol: str) -> str:
    skipped = f"\n[yellow]{len(task['skipped'])} skipped[/]" if task["skipped"] else ""
    metric = "" if task["metric"] == "accuracy" else f", {task['metric']}"
    size = f"[dim]{task['n_clips']} clips, {task['n_classes']} classes{metric}[/]"
    return f"{escape(task['name'])}, {escape(protocol)}\n{size}{skipped}"


def _score(score: dict[str, Any], best: float) -> str:
    style = "bold" if score["score"] == best else "none"
    low, high = 100 * score["low"], 100 * score["high"]
    return f"[{style}]{100 * score['score']:.1f}[/]\n[dim]{low:.1f}–{high:.1f}[/]"


def _gain(gain: dict[str, float]) -> str:
    low, high = 100 * gain["low"], 100 * gain["high"]
    return f"{100 * gain['difference']:+.1f}\n[dim]{low:+.1f}…{high:+.1f}[/]"
