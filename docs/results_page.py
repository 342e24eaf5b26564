"""The page of results, made from results/*.json, which the programs themselves write."""

import json
from pathlib import Path

from lightning_modules.studies.picture import draw
from lightning_modules.studies.rows import records
from lightning_modules.studies.table import means_of
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables

RESULTS = Path(__file__).parents[1] / "results"

# Encoders in order of their rows; the baselines are those of the first.
ENCODERS = {"small": "small", "small_labels": "small-labels", "quickstart": "quick start"}
BASELINES = {"random": "random weights of small", "log_mel": "log-mel, mean and deviation"}
# The same probe on the authors' public weights, measured once outside this repository.
PUBLISHED = {
    "BYOL-A, d = 512 (two million recordings of AudioSet)": {
        "esc10": 91.8,
        "fsdd": 98.3,
        "arabic_speech_commands": 78.3,
    }
}
WORTH = """\
Accuracy in % of a linear probe on frozen embeddings of one-second windows, averaged over a clip, with the 95 % interval
over clips. The packs are ten classes of ESC-50, spoken digits (each speaker tested by a probe of the others) and Arabic
spoken words. The encoders have seen no recording; choices between recipes were made on training clips.
Published weights stand apart: their authors trained them on recordings, and the same probe was run on them outside this
repository.
"""
BILLION = """\
Worked out from the measured rates below: seconds of sound a second, of batches rendered by one H200, compiled, and by
one machine of two CPU cores, all at the benchmark's 44.1 kHz. Sounds are functions of their index, so that devices
share nothing and their rates add up; files to write, if any, cost more than the sounds. A sound is one second long.
"""
_BILLION, _HOUR = 1e9, 3600
STUDIES = """\
A row is a short training on one CPU core, of as many steps as the table says. It compares settings with each other; it
is no result of the published system that a setting belongs to.
"""


def write(folder: Path) -> None:
    """Writes results.md, its pictures, and each study and benchmark as parts/NAME.md for other pages to include."""
    for name in ("images", "parts"):
        (folder / name).mkdir(exist_ok=True)
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    studies = {path.name: _of_rows(records(path)) for path in sorted(RESULTS.glob("study_*/"))}
    benchmarks = {name: result for name, result in found.items() if "figures" in result}
    parts = {"worth": f"{WORTH}\n{_worth({name: found[name] for name in ENCODERS})}"}
    parts["billion"] = f"{BILLION}\n{_billion(found['bench_synths_gpu'], found['bench_synths'])}"
    parts |= {name: _about(result, _study(result, name, folder)) for name, result in studies.items()}
    parts |= {name: _about(result, _benchmark(result, name, folder)) for name, result in sorted(benchmarks.items())}
    for name, text in parts.items():
        (folder / "parts" / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    page = ["# Results", "Made from `results/`, which the programs themselves write."]
    page += ["## What an encoder is worth", parts["worth"], "## What a billion sounds cost", parts["billion"]]
    page += ["## Studies", STUDIES, *(_section(name, parts[name]) for name in studies)]
    page += ["## Benchmarks", *(_section(name, parts[name]) for name in sorted(benchmarks))]
    (folder / "results.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


def _section(name: str, text: str) -> str:
    return f"### {name.replace('_', ' ')}\n\n{text}"


def _about(result: dict, text: str) -> str:
    machine = result.get("machine", {})
    made = ", ".join(f"{key} {value}" for key, value in machine.items()) if isinstance(machine, dict) else machine
    about = f"*Commit {str(result.get('commit'))[:12]}, seed {result.get('seed')}; {made}.*"
    return f"{text}\n\n{about}"


def _worth(results: dict[str, dict]) -> str:
    scores = {title: _linear(results[name], "trained") for name, title in ENCODERS.items()}
    scores |= {title: _linear(results["small"], name) for name, title in BASELINES.items()}
    tasks = list(scores["small"])
    lines = [["encoder", *tasks], ["---"] * (1 + len(tasks))]
    lines += [[title, *(row[task] for task in tasks)] for title, row in scores.items()]
    lines += [[f"*published:* {title}", *(f"{row[task]}" for task in tasks)] for title, row in PUBLISHED.items()]
    made = "; ".join(f"{title}: commit {str(results[name]['commit'])[:12]}" for name, title in ENCODERS.items())
    return f"{_table(lines)}\n\n*{made}.*"


def _billion(gpu: dict, cpu: dict) -> str:
    """Hours for a billion one-second sounds of each synth that both benchmarks measured."""
    lines = [["synth", "1 GPU", "8 GPUs", "64 GPUs", "100 CPU machines"], ["---"] * 5]
    for name in sorted(gpu["figures"]["voices"].keys() & cpu["figures"]["voices"].keys()):
        rates = [run["figures"]["voices"][name]["compiled"] for run in (gpu, cpu)]
        hours = [
            _BILLION / (n * rate * _HOUR) for n, rate in ((1, rates[0]), (8, rates[0]), (64, rates[0]), (100, rates[1]))
        ]
        lines.append([name, *(f"{each:.2g} h" for each in hours)])
    return _table(lines)


def _linear(result: dict, encoder: str) -> dict[str, str]:
    return {task["name"]: _score(task["protocols"]["linear"]["encoders"][encoder]) for task in result["tasks"]}


def _table(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _score(score: dict) -> str:
    return f"{100 * score['score']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def _of_rows(found: list[dict]) -> dict:
    """The records of a study's rows as one."""
    return {**found[-1], "figures": {"rows": [record["figures"] for record in found]}}


def _study(result: dict, name: str, folder: Path) -> str:
    rows = result["figures"]["rows"]
    lines = means_of(rows)
    columns = list(lines[0].figures)
    cells = [["row", "steps", "seeds", *columns], ["---"] * (3 + len(columns))]
    for line in lines:
        figures = [f"{line.figures[key]:.3f}" if key in line.figures else "" for key in columns]
        cells.append([line.name, str(line.n_steps), str(line.n_seeds), *figures])
    parts = [_table(cells)]
    if result["config"]["plot"]:
        draw(rows, **result["config"]["plot"]).savefig(folder / "images" / f"{name}.svg")
        parts.insert(0, f"![{name.replace('_', ' ')}](/images/{name}.svg)")
    return "\n\n".join(parts)


def _benchmark(result: dict, name: str, folder: Path) -> str:
    if "environments" in result["figures"]:
        return _compat(result["figures"]["environments"])
    if "growth" not in result["figures"]:
        return _figures(result)
    parts = []
    if any(result["figures"]["growth"].values()):
        plot(result).savefig(folder / "images" / f"{name}.svg")
        parts = [f"![How time and memory grow](/images/{name}.svg)"]
    for table in tables(result):
        lines = [list(table.columns), ["---"] * len(table.columns), *map(list, table.rows)]
        parts += [f"#### {table.title}", _table(lines)]
    return "\n\n".join(parts)


def _compat(environments: dict[str, dict]) -> str:
    lines = [["torch", "torchvision", "size", "contract tests", "short trainings"], ["---"] * 5]
    for figures in environments.values():
        versions, tests = figures["versions"], figures["contract_tests"]
        counts = ", ".join(f"{number} {name}" for name, number in tests.items() if name != "s")
        trainings = ", ".join(f"{name} {what}" for name, what in figures["trainings"].items())
        lines.append([versions["torch"], versions["torchvision"], f"{figures['size_gb']:.1f} GB", counts, trainings])
    return _table(lines)


def _figures(result: dict) -> str:
    rows = [f"| {key.replace('_', ' ')} | {value:.4g} |" for key, value in _flat(result["figures"])]
    return "| figure | value |\n|---|---|\n" + "\n".join(rows)


def _flat(figures: dict, prefix: str = ""):
    for key, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}: ")
        elif isinstance(value, int | float):
            yield prefix + key, value
