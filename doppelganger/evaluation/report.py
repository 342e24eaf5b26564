"""The report of one run: JSON for machines, one HTML page for people."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jinja2

from doppelganger.evaluation.table import TITLES
from synths.provenance import commit, machine


def report_of(
    tasks: list[dict[str, Any]], *, encoder: str, config: dict[str, Any] | None, seed: int, device: str = "cpu"
) -> dict[str, Any]:
    """What `evaluate` found, with all that is needed to find it again.

    Args:
        tasks: from `evaluate`.
        encoder: path of the checkpoint.
        config: what the encoder is built from, if known.
        seed, device: of the run.
    """
    return {
        "encoder": encoder,
        "config": config,
        "commit": commit(),
        "seed": seed,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(device),
        "tasks": tasks,
    }


def write_report(report: dict[str, Any], folder: Path, name: str) -> tuple[Path, Path]:
    """Write name.json and name.html into a folder, each whole or not at all; returns their paths."""
    texts = {".json": json.dumps(report, indent=2, ensure_ascii=False), ".html": page_of(report)}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, text in texts.items():
        path = folder / f"{name}{suffix}"
        unfinished = folder / f".{name}{suffix}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        paths.append(unfinished.replace(path))
    return paths[0], paths[1]


def page_of(report: dict[str, Any]) -> str:
    """One HTML page that needs nothing but itself."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("doppelganger.evaluation", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html")
    return page.render(report=report, titles=TITLES, mistakes=[_mistakes(task) for task in report["tasks"]])


def _mistakes(task: dict[str, Any], n: int = 5) -> list[tuple[int, str, str]]:
    """The encoder's most frequent mistakes: how often, the class, what it was taken for."""
    counts = task["representations"]["trained"]["confusion"]
    classes = task["classes"]
    wrong = [
        (counts[i][j], classes[i], classes[j])
        for i in range(len(classes))
        for j in range(len(classes))
        if i != j and counts[i][j]
    ]
    return sorted(wrong, key=lambda mistake: -mistake[0])[:n]
