"""Figures of the probes of synthesis parameters; see `parameter_probes`."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rich import box
from rich.table import Table

from doppelganger.evaluation.parameter_probes import GROUPS

_COLOURS = dict(zip(GROUPS, ("#7c3aed", "#6b7280", "#d97706", "#2563eb", "#059669"), strict=True))
_UNITS = {"pitch": "octaves above MIDI note 0", "intensity": "peak level (dB)"}
_MOST = 25  # parameters drawn, those with the best scores


def parameters(rows: list[dict[str, Any]]) -> Figure:
    """A bar per parameter, best scores first, coloured by group, with a tick at chance level."""
    n_all, rows = len(rows), sorted(rows, key=lambda row: row["score"] - row["chance"])[-_MOST:]
    figure = Figure(figsize=(8, 1.2 + 0.2 * len(rows)), layout="constrained", facecolor="white")
    ax = figure.subplots()
    ax.barh(
        [row["name"] + (" (accuracy)" if row["metric"] == "accuracy" else "") for row in rows],
        [max(row["score"], 0) for row in rows],
        color=[_COLOURS[row["group"]] for row in rows],
    )
    for y, row in enumerate(rows):
        if row["chance"]:
            ax.plot([row["chance"]] * 2, [y - 0.4, y + 0.4], color="black", linewidth=1)
    ax.set(xlim=(0, 1), xlabel="R2 of a linear probe (1: exact, 0: no better than the mean)")
    if len(rows) < n_all:
        ax.set(title=f"the best {len(rows)} of {n_all} parameters")
    ax.tick_params(axis="y", labelsize=7)
    ax.margins(y=0.01)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(handles=[Patch(color=colour) for colour in _COLOURS.values()], labels=list(_COLOURS), loc="lower right")
    return figure


def notes(figures: dict[str, dict[str, Any]]) -> Figure:
    """Predicted against true pitch and intensity of held notes."""
    figure = Figure(figsize=(8, 4.2), layout="constrained", facecolor="white")
    for ax, (name, row) in zip(figure.subplots(1, len(figures)), figures.items(), strict=True):
        ax.plot(row["truth"], row["predicted"], ".", color="#2563eb", markersize=3, alpha=0.4)
        ends = [min(row["truth"]), max(row["truth"])]
        ax.plot(ends, ends, color="black", linewidth=1)
        ax.set(title=f"{name}: R2 {row['score']:.2f}", xlabel=f"true, {_UNITS[name]}", ylabel="predicted")
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def distances(rows: list[dict[str, Any]]) -> Figure:
    """Distance between views of one theta, and between unrelated sounds, against delta: median and middle half."""
    figure = Figure(figsize=(6.5, 4.2), layout="constrained", facecolor="white")
    ax = figure.subplots()
    delta = [row["delta"] for row in rows]
    for name, label, colour in (
        ("unrelated", "two unrelated sounds", "#6b7280"),
        ("doppelgangers", "two views of one theta", "#7c3aed"),
    ):
        low, middle, high = np.array([row[name] for row in rows]).T
        ax.fill_between(delta, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(delta, middle, "o-", color=colour, markersize=4, label=label)
    ax.set(xlabel="delta", ylabel="cosine distance of the embeddings", xlim=(0, max(delta)), ylim=(0, None))
    ax.set(title="median and middle half of the pairs")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend()
    return figure


def summary(figures: dict[str, Any]) -> Table:
    """The mean score of each group of parameters, and the scores of pitch and intensity; those below 0 count as 0."""
    table = Table(title="Linear probes of synthesis parameters", title_style="bold", box=box.SIMPLE_HEAD)
    table.caption = "An R2 below 0 counts as 0."
    for title in ("group", "parameters", "mean R2", "best"):
        table.add_column(title, justify="left" if title in ("group", "best") else "right")
    for group in GROUPS:
        rows = [row for row in figures["parameters"] if row["group"] == group and row["metric"] == "R2"]
        if rows:
            scores = [max(row["score"], 0) for row in rows]
            best = max(rows, key=lambda row: row["score"])
            table.add_row(group, str(len(rows)), f"{np.mean(scores):.2f}", f"{best['name']} {max(scores):.2f}")
    for name, row in figures["notes"].items():
        table.add_row(f"{name} of held notes", "", f"{max(row['score'], 0):.2f}", "")
    return table
