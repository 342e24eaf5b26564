"""The page of results, made from results/*.json, which the programs themselves write."""

import ast
import json
from itertools import takewhile
from pathlib import Path

from docs.figure_tables import table, tables_of
from lightning_modules.studies.picture import draw
from lightning_modules.studies.rows import records
from lightning_modules.studies.table import means_of
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables
from synths.commands import benchmark as benchmark_command

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
    page += ["## Studies", STUDIES, *(_section(name, f"{_purpose(name)}\n\n{parts[name]}") for name in studies)]
    page += ["## Benchmarks", *(_section(name, f"{_measured(name)}\n\n{parts[name]}") for name in sorted(benchmarks))]
    page += ["## Raw data", "Every figure of this page, and more, is in these files.", _files(found, studies)]
    (folder / "results.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


def _section(name: str, text: str) -> str:
    title = name.removeprefix("study_").removeprefix("bench_").replace("_gpu", " on a GPU").replace("_", " ")
    return f"### {title[0].upper()}{title[1:]}\n\n{text}"


def _purpose(study: str) -> str:
    """The comment at the head of a study's config, up to its command."""
    path = RESULTS.parent / "configs" / "studies" / f"{study.removeprefix('study_')}.yaml"
    comment = takewhile(lambda line: line.startswith("# "), path.read_text(encoding="utf-8").splitlines())
    return " ".join(line[2:] for line in comment).partition("doppelganger-train")[0]


def _measured(benchmark: str) -> str:
    """The first sentence of the program that measured a benchmark."""
    path = RESULTS.parent / "benchmarks" / f"{benchmark.removeprefix('bench_')}.py"
    if not path.exists():  # those of the synths come with the package
        path = Path(benchmark_command.__file__)
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _files(found: dict[str, dict], studies: dict[str, dict]) -> str:
    lines = [["file", "date", "commit"], ["---"] * 3]
    for name, result in [*sorted(found.items()), *studies.items()]:
        path = f"{name}.json" if name in found else f"{name}/"
        lines.append([f"`results/{path}`", str(result.get("date", ""))[:10], str(result.get("commit") or "")[:12]])
    return table(lines)


def _about(result: dict, text: str) -> str:
    return f"{text}\n\n*{_made(result)}, seed {result.get('seed')}.*"


def _made(result: dict) -> str:
    """Date if it is in the file, commit and machine of a result."""
    machine = result.get("machine", {})
    if isinstance(machine, dict):
        device = "" if machine.get("device") in (None, "cpu") else f"{machine['device']}, "
        kinds = [f"{machine['cpus']} cores of {machine['cpu']}"] * ("cpu" in machine and "cpus" in machine)
        kinds += [f"torch {machine['torch']}"] * ("torch" in machine)
        machine = device + ", ".join(kinds)
    commit = f"commit {result['commit'][:12]}" if result.get("commit") else ""
    return ", ".join(filter(None, (result.get("date", "")[:10], commit, machine)))


def _worth(results: dict[str, dict]) -> str:
    scores = {title: _linear(results[name], "trained") for name, title in ENCODERS.items()}
    scores |= {title: _linear(results["small"], name) for name, title in BASELINES.items()}
    tasks = list(scores["small"])
    lines = [["encoder", *(task.replace("_", " ") for task in tasks)], ["---"] * (1 + len(tasks))]
    lines += [[title, *(row[task] for task in tasks)] for title, row in scores.items()]
    lines += [[f"*published:* {title}", *(f"{row[task]}" for task in tasks)] for title, row in PUBLISHED.items()]
    made = "\n".join(f"* {title}: {_made(results[name])}" for name, title in ENCODERS.items())
    return f"{table(lines)}\n\n{made}"


def _billion(gpu: dict, cpu: dict) -> str:
    """Hours for a billion one-second sounds of each synth that both benchmarks measured."""
    lines = [["synth", "1 GPU", "8 GPUs", "64 GPUs", "100 CPU machines"], ["---"] * 5]
    for name in sorted(gpu["figures"]["voices"].keys() & cpu["figures"]["voices"].keys()):
        rates = [run["figures"]["voices"][name]["compiled"] for run in (gpu, cpu)]
        hours = [
            _BILLION / (n * rate * _HOUR) for n, rate in ((1, rates[0]), (8, rates[0]), (64, rates[0]), (100, rates[1]))
        ]
        lines.append([name, *(f"{each:.2g} h" for each in hours)])
    return table(lines)


def _linear(result: dict, encoder: str) -> dict[str, str]:
    return {task["name"]: _score(task["protocols"]["linear"]["encoders"][encoder]) for task in result["tasks"]}


def _score(score: dict) -> str:
    mean, low, high = (f"{100 * score[key]:.1f}" for key in ("score", "low", "high"))
    return f"{mean} ({low}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{high})"


def _of_rows(found: list[dict]) -> dict:
    """The records of a study's rows as one."""
    return {**found[-1], "figures": {"rows": [record["figures"] for record in found]}}


def _study(result: dict, name: str, folder: Path) -> str:
    rows = result["figures"]["rows"]
    lines = means_of(rows)
    columns = list(lines[0].figures)
    cells = [["row", "steps", "seeds", *(key.replace("_", " ") for key in columns)], ["---"] * (3 + len(columns))]
    for line in lines:
        cells.append([line.name, str(line.n_steps), str(line.n_seeds), *map(line.cell, columns)])
    parts = [table(cells)]
    if result["config"]["plot"]:
        draw(rows, **result["config"]["plot"]).savefig(folder / "images" / f"{name}.svg")
        parts.insert(0, f"![{name.replace('_', ' ')}](/images/{name}.svg)")
    return "\n\n".join(parts)


def _benchmark(result: dict, name: str, folder: Path) -> str:
    if "environments" in result["figures"]:
        return _compat(result["figures"]["environments"])
    if "growth" not in result["figures"]:
        return tables_of(result["figures"])
    parts = []
    if any(result["figures"]["growth"].values()):
        plot(result).savefig(folder / "images" / f"{name}.svg")
        parts = [f"![How time and memory grow](/images/{name}.svg)"]
    for part in tables(result):
        lines = [list(part.columns), ["---"] * len(part.columns), *map(list, part.rows)]
        parts += [f"#### {part.title}", table(lines)]
    return "\n\n".join(parts)


def _compat(environments: dict[str, dict]) -> str:
    lines = [["torch", "torchvision", "size", "contract tests", "short trainings"], ["---"] * 5]
    for figures in environments.values():
        versions, tests = figures["versions"], figures["contract_tests"]
        counts = ", ".join(f"{number} {name}" for name, number in tests.items() if name != "s")
        trainings = ", ".join(f"{name} {what}" for name, what in figures["trainings"].items())
        lines.append([versions["torch"], versions["torchvision"], f"{figures['size_gb']:.1f} GB", counts, trainings])
    return table(lines)
