"""The files of results/, which the programs themselves write."""

import json
from pathlib import Path

from docs.figure_tables import table
from lightning_modules.studies.rows import records

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
# Titles of results whose names say too little.
_TITLES = {
    "compat": "Versions of torch",
    "finetune_from_scratch": "Fine-tuning, from scratch",
    "finetune_small": "Fine-tuning, small",
    "kills": "Killed trainings",
    "ranks": "Several processes",
    "soak": "Many random sounds",
    "small_windows": "Small, whole clips and windows",
    "bench_corpus": "Writing a corpus",
    "bench_startup": "Start-up",
    "bench_synths_h100": "Synths on an H100",
    "study_coverage": "Coverage of the sounds",
    "study_f0_intensity": "Pitch and level",
    "study_recipe": "Recipe of the small encoder",
    "study_scale": "Number of pairs",
    "study_vocabulary": "Number of tags",
}


def read() -> tuple[dict[str, dict], dict[str, dict]]:
    """Results by name: of one file, and of studies, whose rows are `figures`."""
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    return files, {path.name: _of_rows(records(path)) for path in sorted(RESULTS.glob("study_*/"))}


def _of_rows(found: list[dict]) -> dict:
    """A study as one result, of the dates, commits and machines of all its rows."""
    spans = {key: ", ".join(sorted({record[key][:n] for record in found})) for key, n in (("date", 10), ("commit", 12))}
    rows = [record["figures"] for record in found]
    machines = sorted({_machine(record["machine"]) for record in found})
    gpus = sorted({row.get("trained_on", "cpu") for row in rows} - {"cpu"})
    spans["machine"] = "; ".join([*machines, *(f"some rows trained on {gpu}" for gpu in gpus)])
    return {**found[-1], **spans, "figures": rows}


def title_of(name: str) -> str:
    """Title of a result: "bench_synths_gpu" is "Synths on a GPU"."""
    title = name.removeprefix("study_").removeprefix("bench_").replace("_gpu", " on a GPU").replace("_", " ")
    return _TITLES.get(name) or f"{title[0].upper()}{title[1:]}"


def made(result: dict) -> str:
    """Dates, commits and machine of a result."""
    machine = result["machine"]
    machine = _machine(machine) if isinstance(machine, dict) else machine
    commits = _commits(result)
    commit = f"commit{'s' * (',' in commits)} {commits}" if commits else ""
    return ", ".join(filter(None, (_dates(result), commit, machine)))


def _machine(machine: dict) -> str:
    device = "" if machine["device"] == "cpu" else f"{machine['device']}, "
    return f"{device}{machine['cpus']} cores of {machine['cpu']}, torch {machine['torch']}"


def _dates(result: dict) -> str:
    days = [day[:10] for day in result["date"].split(", ")]
    return " to ".join(dict.fromkeys((days[0], days[-1])))


def _commits(result: dict) -> str:
    return ", ".join(commit[:12] for commit in (result["commit"] or "").split(", "))


def about(result: dict, text: str) -> str:
    """A text with what made its figures below."""
    return f"{text}\n\n*{made(result)}, seed {result.get('seed')}.*"


def listing(files: dict[str, dict], studies: dict[str, dict]) -> str:
    """All files with their dates and commits."""
    lines = [["file", "date", "commit"]]
    for name, result in [*files.items(), *studies.items()]:
        path = f"{name}.json" if name in files else f"{name}/"
        lines.append([f"`results/{path}`", _dates(result), _commits(result)])
    return table(lines)
