"""A page for each study: what it compares, its picture and its table."""

import re
from itertools import takewhile
from pathlib import Path

import synths
from docs.figure_tables import PACKS, table, words
from docs.result_files import ROOT, about
from lightning_modules.studies.picture import draw
from lightning_modules.studies.table import RowMeans, means_of

_BASELINES = {"random": "random weights", "log-mel": "log-mel statistics"}
_FIGURES = {
    "pitch": "pitch, R²",
    "intensity": "level, R²",
    "apart_deg": "angle between them, degrees",
    "choice": "score to choose by",
    "mean pooling": "accuracy, mean pooling",
    "attention pooling": "accuracy, attention pooling",
}
_NOTE = """\
A row is a short training, on a CPU core or a GPU. It compares settings with each other; it is no result of the
published system that a setting belongs to. Scores are those of linear probes on frozen embeddings, from 0 to 1; one
without the name of a data set is the mean over all. *Mean pooling* averages the frames of a sound before the probe,
*attention pooling* learns weights for them. A deviation behind ± is that over seeds. With one seed, differences below
0.02 may be chance.
"""


def purpose(study: str) -> tuple[str, str]:
    """The comment at the head of a study's config: what it compares, and its command."""
    path = ROOT / "configs" / "studies" / f"{study.removeprefix('study_')}.yaml"
    comment = takewhile(lambda line: line.startswith("# "), path.read_text(encoding="utf-8").splitlines())
    text, _, options = " ".join(line[2:] for line in comment).partition("doppelganger-train study ")
    return text.strip(), f"doppelganger-train study {options}"


def summary(name: str, result: dict) -> str:
    """What the study compares, and its highest row beside the baselines, in two sentences."""
    figure, trained, baselines = _ranked(result)
    beside = "; ".join(f"{_BASELINES[line.name]} {line.cell(figure)}" for line in baselines)
    text = purpose(name)[0]
    compared = re.split(r"(?<=[.?]) ", text.partition("compared: ")[2] or text)[0]
    highest = f"{_name(trained[0].name)} {trained[0].cell(figure)}"
    return f"{compared[0].upper()}{compared[1:]} Highest {_title(figure)}: {highest} ({beside})."


def part(name: str, result: dict, folder: Path) -> str:
    """Picture and table of a study; the picture is written to images/."""
    plot, parts = result["config"]["plot"], [_table(result)]
    if plot:
        picture = draw(result["figures"], **plot)
        picture.axes[0].set(xlabel=_title(plot["x"]), ylabel=_title(plot["y"]))
        picture.savefig(folder / "images" / f"{name}.svg")
        alternative = f"{_title(plot['y'])} against {_title(plot['x'])}, a point for each row"
        parts.insert(0, f"![{alternative}](/images/{name}.svg)")
    return about(result, "\n\n".join(parts))


def brief(name: str, result: dict) -> str:
    """The table of a study without the columns of single data sets, and what made it."""
    _, trained, baselines = _ranked(result)
    keys = [key for key in trained[0].figures if not any(pack in key for pack in PACKS)]
    lines = [["row", *map(_title, keys)]]
    lines += [[_name(line.name), *map(line.cell, keys)] for line in [*trained, *baselines]]
    return about(result, table(lines))


def page(name: str, text: str) -> str:
    """The page around a study's part."""
    compared, command = purpose(name)
    return f"{compared}\n\n{_NOTE}\n{text}\n\nTo make the rows again:\n\n```bash\n{command}\n```\n"


def _ranked(result: dict) -> tuple[str, list[RowMeans], list[RowMeans]]:
    """The figure that ranks, the trained rows in their order, and the baselines."""
    lines = means_of(result["figures"])
    return next(iter(lines[0].figures)), [x for x in lines if x.n_steps], [x for x in lines if not x.n_steps]


def _table(result: dict) -> str:
    """The rows, in a table for each part of their figures, so that it is no wider than the page.

    Steps and seeds stand above where all trained rows have the same.
    """
    _, trained, baselines = _ranked(result)
    counts, same = [], []
    for what in ("steps", "seeds"):
        numbers = {getattr(line, f"n_{what}") for line in trained}
        if len(numbers) > 1:
            counts.append(what)
        else:
            n = numbers.pop()
            same.append(f"{n:,} {what if n > 1 else what[:-1]}")
    blocks = [f"Each trained row: {', '.join(same)}."] * bool(same)
    for title, columns in _parts(list(trained[0].figures)).items():
        lines = [["row", *counts, *columns.values()]]
        for line in [*trained, *baselines]:
            numbers = [str(getattr(line, f"n_{what}")) for what in counts]
            lines.append([_name(line.name), *numbers, *map(line.cell, columns)])
        blocks += [f"**{title}**"] * bool(title) + [table(lines)]
    return "\n\n".join(blocks)


def _parts(figures: list[str]) -> dict[str, dict[str, str]]:
    """Title of a table -> figure -> title of its column: by pooling, and scores to choose by beside others."""
    parts: dict[str, dict[str, str]] = {}
    for figure in figures:
        if pooling := re.search(r"(mean|attention) pooling$", figure):
            column = figure.removesuffix(pooling[0]).removesuffix(", ")
            parts.setdefault(pooling[0].capitalize(), {})[figure] = words(column) if column else "accuracy"
        elif "choice" in figures:
            chosen_by = figure == "choice" or figure.startswith("synthetic") or figure.endswith("training clips")
            title = "Scores to choose a row by" if chosen_by else "Scores on test clips"
            parts.setdefault(title, {})[figure] = _title(figure)
        else:
            parts.setdefault("", {})[figure] = _title(figure)
    return parts


def _title(figure: str) -> str:
    return _FIGURES.get(figure) or words(figure)


def _name(row: str) -> str:
    """A row's name; one of a synth is a link."""
    classes = {cls.__name__: cls for cls in synths.catalogue(synths.Synth).values()}
    return f"{{py:obj}}`~{classes[row].__module__}.{row}`" if row in classes else _BASELINES.get(row, row)
