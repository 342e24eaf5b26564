"""The results table for a terminal of 80 columns: a row per task and protocol, or per encoder if there are several."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

TITLES = {"trained": "encoder", "random": "random weights", "log_mel": "log-mel", "from_scratch": "from scratch"}
_WIDTH = 11  # of a column of scores, as "99.9–100.0": five of them leave 20 columns of 80 for the task
_WIDTH_OF_DIFFERENCE = 13  # as "-100.0…-100.0"


def names_of(tasks: list[dict[str, Any]]) -> list[str]:
    """Names of all encoders in results of `evaluate`: the encoder, those compared with it, the baselines."""
    found = dict.fromkeys(name for task in tasks for p in task["protocols"].values() for name in p["encoders"])
    first, *baselines = (name for name in TITLES if name in found)
    return [first, *(name for name in found if name not in TITLES), *baselines]


def table_of(tasks: list[dict[str, Any]], titles: Mapping[str, str] = TITLES) -> Table:
    """Score in %, with its 95 % interval over clips below, of every task, protocol and encoder of `evaluate`.

    Args:
        tasks: results of `evaluate`.
        titles: name of an encoder in the results -> its title.
    """
    table = Table(
        title="Frozen encoders: score in %, 95 % interval over clips below",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        leading=1,
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("task, protocol", overflow="fold")
    several = any("minus_trained" in p for task in tasks for p in task["protocols"].values())
    (_fill_by_encoder if several else _fill_by_task)(table, tasks, titles)
    return table


def _fill_by_task(table: Table, tasks: list[dict[str, Any]], titles: Mapping[str, str]) -> None:
    names = names_of(tasks)
    compared = any("trained_minus_random" in p for task in tasks for p in task["protocols"].values())
    for title in [*(titles[name] for name in names), *(["encoder − random"] if compared else [])]:
        table.add_column(title, justify="right", min_width=_WIDTH, max_width=_WIDTH, overflow="fold")
    for task in tasks:
        for i, (protocol, result) in enumerate(task["protocols"].items()):
            scores = result["encoders"]
            best = max(score["score"] for score in scores.values())
            cells = [_score(scores[name], best) if name in scores else "" for name in names]
            gain = [_gain(result["trained_minus_random"])] if compared else []
            table.add_row(escape(protocol) if i else _task(task, protocol), *cells, *gain)


def _fill_by_encoder(table: Table, tasks: list[dict[str, Any]], titles: Mapping[str, str]) -> None:
    names = names_of(tasks)
    table.add_column("encoder", overflow="fold")
    table.add_column("score", justify="right", min_width=_WIDTH)
    table.add_column("minus the first", justify="right", min_width=_WIDTH_OF_DIFFERENCE)
    for task in tasks:
        for protocol, result in task["protocols"].items():
            scores, differences = result["encoders"], result["minus_trained"]
            best = max(score["score"] for score in scores.values())
            for name in (name for name in names if name in scores):
                title = escape(titles.get(name, name))
                difference = _gain(differences[name]) if name in differences else ""
                table.add_row(
                    _task(task, protocol) if name == names[0] else "", title, _score(scores[name], best), difference
                )
            table.add_section()


def _task(task: dict[str, Any], protocol: str) -> str:
    skipped = f"\n[yellow]{len(task['skipped'])} skipped[/]" if task["skipped"] else ""
    classes = f", {task['n_classes']} classes" if task["n_classes"] else ""
    metric = "" if task["metric"] == "accuracy" else f", {task['metric']}"
    size = f"[dim]{task['n_clips']} clips{classes}{metric}[/]"
    return f"{escape(task['name'])}, {escape(protocol)}\n{size}{skipped}"


def _score(score: dict[str, Any], best: float) -> str:
    style = "bold" if score["score"] == best else "none"
    low, high = 100 * score["low"], 100 * score["high"]
    return f"[{style}]{100 * score['score']:.1f}[/]\n[dim]{low:.1f}–{high:.1f}[/]"


def _gain(gain: dict[str, float]) -> str:
    low, high = 100 * gain["low"], 100 * gain["high"]
    return f"{100 * gain['difference']:+.1f}\n[dim]{low:+.1f}…{high:+.1f}[/]"
