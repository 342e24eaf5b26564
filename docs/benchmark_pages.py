"""A page for each benchmark: what it measured, and its tables."""

import re
from collections import Counter
from pathlib import Path

from docs.benchmark_texts import TEXTS
from docs.figure_tables import table, tables_of
from docs.result_files import about
from synths.benchmark.plot import plot
from synths.benchmark.tables import tables

# Figures that follow from others on the same page.
_LEFT_OUT = {"bench_corpus": ("ratios", "goals")}


def summary(name: str, result: dict) -> str:
    """What the benchmark measured, its most important figure, and how many goals are met."""
    asked, finding, _ = sentences(name, result)
    return f"{asked.partition('? ')[0]}? {finding}"


def sentences(name: str, result: dict) -> tuple[str, str, str]:
    """What was asked, the finding with its figures and the goals that are met, and how to read them."""
    figures = result["figures"]
    lengths = {key: len(group) for key, group in figures.items() if isinstance(group, list | dict)}
    derived = {"most": _most(figures), "n": lengths, "tests": _tests(figures), "config": result.get("config", {})}
    asked, finding, meaning = (re.sub(r"(?<=\d)%", " %", text.format_map(figures | derived)) for text in TEXTS[name])
    if goals := figures.get("goals", []) if isinstance(figures.get("goals"), list) else []:
        checked = [goal["met"] for goal in goals if goal["met"] is not None]
        finding += f" {sum(checked)} of {len(checked)} goals are met."
    return asked, finding, meaning


def page(name: str, result: dict, folder: Path) -> str:
    """The sentences of a benchmark around its tables."""
    asked, finding, meaning = sentences(name, result)
    return f"{asked}\n\n**{finding}** {meaning}\n\n{part(name, result, folder, 2)}\n"


def _most(figures: dict) -> dict[str, float]:
    """The largest figure of each column."""
    most: dict[str, float] = {}
    for group in figures.values():
        for key, value in group.items() if isinstance(group, dict) else ():
            if isinstance(value, int | float):
                most[key] = max(value, most.get(key, value))
    return most


def _tests(figures: dict) -> dict[str, int]:
    """How many tests ran in all environments, and how many of them failed."""
    counts: Counter[str] = Counter()
    for environment in figures.get("environments", {}).values():
        counts.update({what: n for what, n in environment["contract_tests"].items() if what not in ("s", "skipped")})
    return {"run": counts.total(), "failed": counts.total() - counts["passed"]}


def part(name: str, result: dict, folder: Path, level: int) -> str:
    """Tables of a benchmark, with headings of a level, and its picture, which is written to images/."""
    return about(result, _tables(name, result, folder, level))


def _tables(name: str, result: dict, folder: Path, level: int) -> str:
    figures = result["figures"]
    if "environments" in figures:
        return _compat(figures["environments"])
    if "growth" not in figures:
        return tables_of({key: v for key, v in figures.items() if key not in _LEFT_OUT.get(name, ())}, level)
    parts = []
    if any(run["wall_s"] for peers in figures["growth"].values() for run in peers.values()):
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
