"""A page for each benchmark: what it measures, and its tables."""

import ast
import re
from pathlib import Path

from docs.figure_tables import table, tables_of
from docs.result_files import ROOT, about
from lightning_modules import cross_validation
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables
from synths.commands import benchmark as benchmark_command

# A sentence with the figure that matters most, by benchmark.
_FINDINGS = {
    "bench_augmentations": "All augmentations together take {share of augmentation:.0%} of a step.",
    "bench_checkpoints": "Checkpoints take {share_of_an_hour:.2%} of a training hour.",
    "bench_corpus": "Two processes with compiled synths are {ratios[compiled to_loop steady_s_per_sound]:.1f} times as "
    "fast as the loop.",
    "bench_evaluation": "The first run takes {first_run_s:.0f} s, the second {second_run_s:.0f} s.",
    "bench_labels": "Tags take {tagging[labels_share]:.0%} of a step, facts {causes[labels_share]:.0%}.",
    "bench_masked_autoencoder": "With 75 % of the patches masked, a step of the small network takes "
    "{small, 75 % hidden[share_of_a_step_with_nothing_hidden]:.0%} of the time of one without masking.",
    "bench_matching": "The distance of a match to a recording is {recordings[methods][match][median_ratio]:.2f} times "
    "that of the best of as many random sounds (median).",
    "bench_networks": "The network of `small` trains on {two a block, 128 channels (small)[pairs_per_cpu_s]:.0f} pairs "
    "a CPU second, BYOL-A's convolutions on {BYOL-A's convolutions[pairs_per_cpu_s]:.0f}.",
    "bench_procedural": "Ours, compiled, is {ratio:.0f} times as fast as the released generator.",
    "bench_startup": "`synths --help` takes {synths --help[cpu_s]:.2f} s of CPU time, `import synths` "
    "{import synths[cpu_s]:.1f} s, of which torch takes {import torch[cpu_s]:.1f} s.",
    "bench_synths": "`Voice`, compiled, renders {peers[ours, compiled][times_real_time]:,.0f} times real time.",
    "bench_training_step": "Sounds take {share of sounds:.0%} of a step, log-mels {share of log-mels:.0%}.",
    "finetune_from_scratch": "The network of `small` from random weights, on the folds of ESC-10: {score:.1%} "
    "({low:.1%} to {high:.1%}) of the clips are right.",
    "finetune_small": "`small` on the folds of ESC-10: {score:.1%} ({low:.1%} to {high:.1%}) of the clips are right.",
    "kills": "Of {losses_logged} losses, {losses_that_differ} differ.",
}
_FINDINGS["bench_synths_gpu"] = _FINDINGS["bench_synths"]


def measured(benchmark: str) -> str:
    """The first sentence of the program that measured a benchmark."""
    path = ROOT / "benchmarks" / f"{benchmark.removeprefix('bench_')}.py"
    if not path.exists():  # those of the packages
        path = Path((cross_validation if benchmark.startswith("finetune_") else benchmark_command).__file__)
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def summary(name: str, result: dict) -> str:
    """What the benchmark measures, its most important figure, and how many goals are met."""
    figures = result["figures"]
    sentences = [measured(name), _FINDINGS.get(name, "").format_map(figures)]
    if goals := figures.get("goals", []) if isinstance(figures.get("goals"), list) else []:
        checked = [goal["met"] for goal in goals if goal["met"] is not None]
        sentences.append(f"{sum(checked)} of {len(checked)} goals are met.")
    return re.sub(r"(?<=\d)%", " %", " ".join(filter(None, sentences)))


def part(name: str, result: dict, folder: Path, level: int) -> str:
    """Tables of a benchmark, with headings of a level, and its picture, which is written to images/."""
    return about(result, _tables(name, result, folder, level))


def _tables(name: str, result: dict, folder: Path, level: int) -> str:
    figures = result["figures"]
    if "environments" in figures:
        return _compat(figures["environments"])
    if "growth" not in figures:
        return tables_of(figures, level)
    parts = []
    if any(figures["growth"].values()):
        plot(result).savefig(folder / "images" / f"{name}.svg")
        parts = [f"![How time and memory grow](/images/{name}.svg)"]
    for found in tables(result):
        parts += [f"{'#' * level} {found.title}", table([list(found.columns), *map(list, found.rows)])]
    return "\n\n".join(parts)


def _compat(environments: dict[str, dict]) -> str:
    lines = [["torch", "torchvision", "size", "contract tests", "short trainings"]]
    for figures in environments.values():
        versions, tests = figures["versions"], figures["contract_tests"]
        counts = ", ".join(f"{number} {name}" for name, number in tests.items() if name != "s")
        trainings = ", ".join(f"{name} {what}" for name, what in figures["trainings"].items())
        lines.append([versions["torch"], versions["torchvision"], f"{figures['size_gb']:.1f} GB", counts, trainings])
    return table(lines)
