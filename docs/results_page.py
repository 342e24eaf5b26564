"""The page of results, and a page for each study and benchmark, made from results/."""

import json
from pathlib import Path

from docs import benchmark_pages, study_pages
from docs.figure_tables import score_cell, table, words
from docs.result_files import ROOT, listing, made, read, title_of

# Encoders in order of their rows.
ENCODERS = {
    "small": "`small`",
    "small_6144": "`small`, 6,144 numbers",
    "small_labels": "`small-labels`",
    "quickstart": "quick start",
}
# Result and encoder in it, of each row.
BASELINES = {
    "random weights of `small`": ("small", "random"),
    "random weights, 6,144 numbers": ("small_6144", "random"),
    "log-mel statistics": ("small", "log_mel"),
}
PUBLISHED = ROOT / "docs" / "published.json"
CONTENTS = """\
# Results

[What an encoder is worth](#what-an-encoder-is-worth) · [What a billion sounds cost](#what-a-billion-sounds-cost) ·
[Studies](#studies) · [Benchmarks](#benchmarks) · [Files](results/files.md)

The programs that measure write these figures. The page of each study and benchmark has all of them, the machine and
the commit. A click on a column's title sorts a table.
"""
WORTH = """\
Accuracy in % of a linear probe on frozen embeddings of whole clips, with the 95 % interval over clips. ESC-10 is ten
classes of environmental sounds. Spoken digits are tested on other recordings of the speakers of the training clips,
Arabic words on other speakers. The encoders were trained on synthetic sound alone. Recipes were chosen by probes on
synthetic sounds and on training clips; scores on test clips had been seen. `small` embeds in 1,024 numbers; with 6,144,
the same weights are pooled [in another way](/pretrained.md#another-embedding-of-the-same-weights).
"""
OPTIMAL = """
The same embeddings by the protocol `linear_l2`, in which the probe is trained to its optimum with an L2 penalty chosen
on validation clips. This protocol was added when the scores above were known.
"""
BILLION = """\
Hours for a billion sounds of one second, calculated from the measured rates of [one GPU](/results/bench_synths_gpu.md)
and of [a machine with two CPU cores](/results/bench_synths.md), compiled, at 44.1 kHz. Every sound is a function of its
index, so devices share nothing and their rates add up. Writing sounds to files takes longer than
making them.
"""
STUDIES = """\
A study trains one small setup several times and changes one thing. Scores are accuracies from 0 to 1, and R² for pitch.
"""
_BILLION, _HOUR = 1e9, 3600


def write(folder: Path) -> None:
    """Writes results.md, results/NAME.md with pictures, and the parts of them that other pages include."""
    for name in ("images", "parts", "results"):
        (folder / name).mkdir(exist_ok=True)
    files, studies = read()
    benchmarks = {name: result for name, result in files.items() if "figures" in result}
    parts = {"worth": f"{WORTH}\n{_worth(files)}"}
    parts |= {name: study_pages.part(name, result, folder) for name, result in studies.items()}
    parts |= {f"{name}_brief": study_pages.brief(name, result) for name, result in studies.items()}
    pages = {name: study_pages.page(name, parts[name]) for name in studies}
    for name, result in benchmarks.items():
        parts[name] = benchmark_pages.part(name, result, folder, level=4)
        pages[name] = benchmark_pages.page(name, result, folder)
    for name, text in parts.items():
        (folder / "parts" / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    for name, text in pages.items():
        (folder / "results" / f"{name}.md").write_text(f"# {title_of(name)}\n\n{text}", encoding="utf-8")
    text = f"# Files\n\nAll figures, and more, are in these files.\n\n{listing(files, studies)}\n"
    (folder / "results" / "files.md").write_text(text, encoding="utf-8")
    page = [CONTENTS, "## What an encoder is worth", parts["worth"], "## What a billion sounds cost"]
    page += [BILLION, _billion(files["bench_synths_gpu"], files["bench_synths"])]
    page += ["## Studies", STUDIES, _list({name: study_pages.summary(name, r) for name, r in studies.items()})]
    page += ["## Benchmarks", _list({name: benchmark_pages.summary(name, r) for name, r in benchmarks.items()})]
    page += ["\n".join(["```{toctree}", ":hidden:", "", *(f"results/{name}" for name in [*pages, "files"]), "```"])]
    (folder / "results.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


def _list(summaries: dict[str, str]) -> str:
    return "\n".join(f"- [{title_of(name)}](results/{name}.md): {text}" for name, text in summaries.items())


def _worth(results: dict[str, dict]) -> str:
    rows = {title: (results[name], "trained") for name, title in ENCODERS.items()}
    rows |= {title: (results[name], encoder) for title, (name, encoder) in BASELINES.items()}
    scores = {title: _scores(*row, "linear") for title, row in rows.items()}
    optimal = {title: _scores(*row, "linear_l2") for title, row in rows.items() if _has(row[0], "linear_l2")}
    notes = [f"- {title}: {made(results[name])}" for name, title in ENCODERS.items()]
    for each in json.loads(PUBLISHED.read_text(encoding="utf-8")):
        marked = f"*published weights:* [{each['encoder']}]({each['url']})"
        optimal[marked] = dict.fromkeys(next(iter(optimal.values())), "–")
        optimal[marked] |= {task: f"{100 * score:.1f}" for task, score in each["scores"].items()}
        notes.append(f"- {each['encoder']}: trained on {each['trained_on']}; {each['measured']}. {each['source']}")
    return "\n".join([_by_task(scores), OPTIMAL, _by_task(optimal), "", *notes])


def _by_task(scores: dict[str, dict[str, str]]) -> str:
    tasks = list(next(iter(scores.values())))
    lines = [["encoder", *map(words, tasks)]]
    return table(lines + [[title, *(row[task] for task in tasks)] for title, row in scores.items()])


def _billion(gpu: dict, cpu: dict) -> str:
    """Hours for a billion one-second sounds of each synth that both benchmarks measured."""
    lines = [["synth", "1 GPU", "8 GPUs", "64 GPUs", "100 CPU machines"]]
    for name in sorted(gpu["figures"]["voices"].keys() & cpu["figures"]["voices"].keys()):
        rates = [run["figures"]["voices"][name]["compiled"] for run in (gpu, cpu)]
        hours = [
            _BILLION / (n * rate * _HOUR) for n, rate in ((1, rates[0]), (8, rates[0]), (64, rates[0]), (100, rates[1]))
        ]
        lines.append([name, *(f"{each:.2g} h" for each in hours)])
    return table(lines)


def _scores(result: dict, encoder: str, protocol: str) -> dict[str, str]:
    return {task["name"]: score_cell(task["protocols"][protocol]["encoders"][encoder]) for task in result["tasks"]}


def _has(result: dict, protocol: str) -> bool:
    return all(protocol in task["protocols"] for task in result["tasks"])
