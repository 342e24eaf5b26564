"""Pages that are made from the code and from measured results, never typed."""

import json
from pathlib import Path

import mkdocs_gen_files

import synths
from doppelganger.evaluation.table import TITLES
from lightning_modules import study_rows
from lightning_modules.study_table import draw, means_of
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables

HEADER = "| parameter | range | unit | curve | meaning |\n|---|---|---|---|---|\n"


def parameters() -> str:
    """One table a synth."""
    page = ["# Parameters", "Made from the code: `python -m synths describe NAME` prints the same."]
    for name, cls in synths.catalogue().items():
        synth = cls()
        rows = [
            f"| `{p.name}` | {p.low:.4g} to {p.high:.4g} | {p.unit} "
            f"| {p.curve:g}{' symmetric' * p.symmetric} | {p.doc} |"
            for p in synth.space
        ]
        about = (cls.__doc__ or "").split("\n\n")[0]
        page += [
            f"## {cls.__name__}",
            f"`{name}`: {about}",
            f"{len(rows)} parameters, fingerprint `{synth.space.fingerprint()}`.",
        ]
        page += [HEADER + "\n".join(rows)]
    return "\n\n".join(page) + "\n"


def results() -> str:
    """One section a file in results/, and one a study, which is a folder."""
    page = ["# Results", "Made from `results/`, which the programs themselves write."]
    for path in sorted([*Path("results").glob("*.json"), *Path("results").glob("study_*/")]):
        result = study_of(study_rows.records(path)) if path.is_dir() else json.loads(path.read_text(encoding="utf-8"))
        if "tasks" in result:
            section = _evaluation(result)
        elif "rows" in result["figures"]:
            section = _study(result, path.stem)
        else:
            section = _benchmark(result, path.stem) if "growth" in result["figures"] else _figures(result)
        machine = result.get("machine", {})
        made = ", ".join(f"{key} {value}" for key, value in machine.items()) if isinstance(machine, dict) else machine
        page += [
            f"## {path.stem}",
            section,
            f"*Commit {str(result.get('commit'))[:12]}, seed {result.get('seed')}; {made}.*",
        ]
    return "\n\n".join(page) + "\n"


def _evaluation(result: dict) -> str:
    asked = [
        (task, protocol, asked["encoders"]) for task in result["tasks"] for protocol, asked in task["protocols"].items()
    ]
    names = [name for name in TITLES if any(name in encoders for _, _, encoders in asked)]
    titles = ["task", "clips", "classes", "protocol", *(TITLES[name] for name in names)]
    lines = [titles, ["---"] * len(titles)]
    for task, protocol, encoders in asked:
        cells = [_score(encoders[name]) if name in encoders else "" for name in names]
        lines.append([task["name"], str(task["n_clips"]), str(task["n_classes"]), protocol, *cells])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"Accuracy (or mean average precision) in %, with the 95 % interval over clips.\n\n{table}"


def _score(score: dict) -> str:
    return f"{100 * score['score']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def study_of(records: list[dict]) -> dict:
    """The records of a study's rows as one."""
    return {**records[-1], "figures": {"rows": [record["figures"] for record in records]}}


def _study(result: dict, name: str) -> str:
    rows = result["figures"]["rows"]
    lines = means_of(rows)
    columns = list(lines[0].figures)
    cells = [["row", "steps", "seeds", *columns], ["---"] * (3 + len(columns))]
    for line in lines:
        figures = [f"{line.figures[key]:.3f}" if key in line.figures else "" for key in columns]
        cells.append([line.name, str(line.n_steps), str(line.n_seeds), *figures])
    parts = ["\n".join(f"| {' | '.join(line)} |" for line in cells)]
    if result["config"]["plot"]:
        picture = f"images/{name}.svg"
        with mkdocs_gen_files.open(picture, "wb") as file:
            draw(rows, **result["config"]["plot"]).savefig(file, format="svg")
        parts.insert(0, f"![{name}]({picture})")
    return "\n\n".join(parts)


def _benchmark(result: dict, name: str) -> str:
    parts = []
    if any(result["figures"]["growth"].values()):
        picture = f"images/{name}.svg"
        with mkdocs_gen_files.open(picture, "wb") as file:
            plot(result).savefig(file, format="svg")
        parts = [f"![How time and memory grow]({picture})"]
    for table in tables(result):
        lines = [table.columns, ("---",) * len(table.columns), *table.rows]
        parts += [f"### {table.title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts)


def _figures(result: dict) -> str:
    rows = [f"| {key.replace('_', ' ')} | {value:.4g} |" for key, value in _flat(result["figures"])]
    return "| figure | value |\n|---|---|\n" + "\n".join(rows)


def _flat(figures: dict, prefix: str = ""):
    for key, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}: ")
        elif isinstance(value, int | float):
            yield prefix + key, value


for name, text in (("parameters.md", parameters()), ("results.md", results())):
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(text)
