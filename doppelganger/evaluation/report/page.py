"""Write the report."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jinja2

from doppelganger.evaluation.map import Map
from doppelganger.evaluation.protocols import read_protocol
from doppelganger.evaluation.report.curves import DRAWING, Panel
from doppelganger.evaluation.report.pairs import TrainingPairs
from doppelganger.evaluation.table import TITLES
from synths import files
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


def write_report(report: dict[str, Any], folder: Path, name: str, **sections: Any) -> tuple[Path, Path]:
    """Write name.json and name.html into a folder, each whole or not at all.

    Args:
        report: from `report_of`.
        folder: made if it is not there.
        name: of both files.
        sections: of the page alone, see `page_of`.

    Returns:
        paths of the JSON file and of the page.
    """
    texts = {".json": json.dumps(report, indent=2, ensure_ascii=False), ".html": page_of(report, **sections)}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, text in texts.items():
        path = folder / f"{name}{suffix}"
        files.write(path, text)
        paths.append(path)
    return paths[0], paths[1]


def page_of(
    report: dict[str, Any],
    *,
    maps: Sequence[Map] = (),
    curves: Sequence[Panel] = (),
    pairs: TrainingPairs | None = None,
) -> str:
    """One HTML page that needs nothing but itself.

    Args:
        report: from `report_of`.
        maps: of the tasks' clips.
        curves: of the encoder's training.
        pairs: that it was trained on.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("doppelganger.evaluation.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html")
    tasks = report["tasks"]
    asked = [asked for task in tasks for asked in task["protocols"].values()]
    return page.render(
        report=report,
        titles=TITLES,
        names=[name for name in TITLES if any(name in a["encoders"] for a in asked)],
        compared=any("trained_minus_random" in a for a in asked),
        protocols={name: _about(name) for task in tasks for name in task["protocols"]},
        mistakes={task["name"]: _mistakes(task) for task in tasks},
        maps=[asdict(of_task) for of_task in maps],
        curves=curves,
        drawing=DRAWING,
        pairs=pairs,
    )


def _about(protocol: str) -> str:
    """What a protocol's own docstring says of it, without its source."""
    return (read_protocol(protocol).__doc__ or "").partition("Source:")[0].strip()


def _mistakes(task: dict[str, Any], n: int = 5) -> list[tuple[int, str, str]]:
    """The encoder's most frequent mistakes: how often, the class, what it was taken for."""
    counts = _first(task)["trained"].get("confusion", [])
    classes = task["classes"]
    wrong = [
        (counts[i][j], classes[i], classes[j])
        for i, row in enumerate(counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(wrong, key=lambda mistake: -mistake[0])[:n]


def _first(task: dict[str, Any]) -> dict[str, Any]:
    """The scores of a task's first protocol."""
    return next(iter(task["protocols"].values()))["encoders"]
