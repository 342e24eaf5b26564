"""Write the report of an evaluation."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jinja2

from doppelganger.evaluation.baselines import BASELINES
from doppelganger.evaluation.map import Map
from doppelganger.evaluation.protocols import PROTOCOLS
from doppelganger.evaluation.report.curves import DRAWING, Panel
from doppelganger.evaluation.report.pairs import TrainingPairs
from doppelganger.evaluation.table import TITLES, names_of
from synths import files
from synths.provenance import commit, machine


def report_of(
    tasks: list[dict[str, Any]],
    *,
    encoder: str,
    config: dict[str, Any] | None,
    seed: int,
    device: str = "cpu",
    data: Sequence[str] = (),
) -> dict[str, Any]:
    """Results of `evaluate` with everything needed to reproduce them.

    Args:
        tasks: results from `evaluate`.
        encoder: path of the checkpoint.
        config: recipe of the encoder; None if unknown.
        seed, device: seed and device of the run.
        data: data sets, each as NAME=FOLDER; none if the tasks are synthetic.

    With several encoders the command adds `compared`: of each its name in the results, with label, path and recipe.
    """
    return {
        "encoder": encoder,
        "config": config,
        "data": list(data),
        "commit": commit(),
        "seed": seed,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(device),
        "tasks": tasks,
    }


def titles_of(report: dict[str, Any]) -> dict[str, str]:
    """Name of an encoder in the results -> its title in tables."""
    return TITLES | {name: each["label"] for name, each in report.get("compared", {}).items()}


def write_report(report: dict[str, Any], folder: Path, name: str, **sections: Any) -> tuple[Path, Path]:
    """Write name.json and name.html into a folder, atomically.

    A report of the same evaluation is replaced. One of another evaluation stays: the new name gets a number.

    Args:
        report: report from `report_of`.
        folder: output folder, created if missing.
        name: stem of both files.
        sections: sections of the page alone, see `page_of`.

    Returns:
        paths of the JSON file and the page.
    """
    page = page_of(report, **sections)
    folder.mkdir(parents=True, exist_ok=True)
    json_path = _write_json(report, folder, name)
    files.write(json_path.with_name(f"{json_path.stem}.html"), page)
    return json_path, json_path.with_name(f"{json_path.stem}.html")


def _write_json(report: dict[str, Any], folder: Path, name: str, number: int = 1) -> Path:
    """Write the report under its name, or where another evaluation has it, under the next one that is free."""
    path = folder / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
    text = json.dumps(report, indent=2, ensure_ascii=False)
    try:
        files.write(path, text, exclusive=True)
    except FileExistsError:
        if not _is_of(path, report):
            return _write_json(report, folder, name, number + 1)
        files.write(path, text)
    return path


def _is_of(path: Path, report: dict[str, Any]) -> bool:
    """Whether a file is an earlier report of the same encoders, data, tasks, protocols and seed."""
    try:
        return _evaluation(json.loads(path.read_text(encoding="utf-8"))) == _evaluation(report)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _evaluation(report: dict[str, Any]) -> Any:
    encoders = [report["encoder"], *(each["encoder"] for each in report.get("compared", {}).values())]
    tasks = [(task["name"], list(task["protocols"])) for task in report["tasks"]]
    return encoders, report["data"], report["seed"], tasks


def page_of(
    report: dict[str, Any],
    *,
    maps: Sequence[Map] = (),
    curves: Sequence[Panel] = (),
    pairs: TrainingPairs | None = None,
) -> str:
    """One self-contained HTML page.

    Args:
        report: report from `report_of`.
        maps: maps of the tasks' clips.
        curves: training curves of the encoder.
        pairs: first pairs of the training.
    """
    page = read_template("page.html")
    tasks = report["tasks"]
    results = [result for task in tasks for result in task["protocols"].values()]
    return page.render(
        report=report,
        titles=titles_of(report),
        names=names_of(tasks),
        baselines=BASELINES,
        # With several encoders, the cell of random weights holds that difference.
        compared="compared" not in report and any("trained_minus_random" in result for result in results),
        protocols={name: _about(name).replace("`", "") for task in tasks for name in task["protocols"]},
        confused={task["name"]: _confusions(task) for task in tasks},
        maps=[asdict(of_task) for of_task in maps],
        curves=curves,
        drawing=DRAWING,
        pairs=pairs,
    )


def read_template(name: str) -> jinja2.Template:
    """A template of this folder; values are escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("doppelganger.evaluation.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _about(protocol: str) -> str:
    """A protocol's docstring without its source."""
    return (PROTOCOLS.find(protocol).__doc__ or "").partition("Source:")[0].strip()


def _confusions(task: dict[str, Any], n: int = 5) -> list[tuple[int, str, str]]:
    """The encoder's most frequent confusions: count, class, prediction."""
    counts = _first(task)["trained"].get("confusion", [])
    classes = task["classes"]
    confusions = [
        (counts[i][j], classes[i], classes[j])
        for i, row in enumerate(counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(confusions, key=lambda confusion: -confusion[0])[:n]


def _first(task: dict[str, Any]) -> dict[str, Any]:
    """The scores of a task's first protocol."""
    return next(iter(task["protocols"].values()))["encoders"]
