"""Tables of studies, whole at any width."""

import io
import re

import pytest
from rich.console import Console

from lightning_modules.studies.table import tables_of

FIGURES = [
    "mean pooling",
    "attention pooling",
    "train/top1_accuracy",
    "pitch 5h",
    "esc10",
    "fsdd",
    "[b]",
    "steps per s",
]
NAMES = ["bank_and_procedural", "one_voice", "[red] name", "a_name_that_is_longer_than_forty_characters_is"]


def printed(width, on_a_terminal, n_figures=8, n_seeds=1):
    rows = [
        {
            "name": name,
            "seed": seed,
            "n_steps": 1000 + i,
            "figures": {"trained": {figure: 0.111 * i + 0.01 * j for j, figure in enumerate(FIGURES[:n_figures])}},
        }
        for i, name in enumerate(NAMES, start=1)
        for seed in range(n_seeds)
    ]
    console = Console(file=io.StringIO(), width=width, force_terminal=on_a_terminal, legacy_windows=False)
    for table in tables_of(rows, width):
        console.print(table, "")
    return re.sub(r"\x1b\[[\d;]*m", "", console.file.getvalue())


@pytest.mark.parametrize("on_a_terminal", [True, False])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_figure_and_name_is_whole(width, on_a_terminal):
    text = printed(width, on_a_terminal)
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    for i in range(1, len(NAMES) + 1):
        assert str(1000 + i) in text
        for j in range(len(FIGURES)):
            assert re.search(rf"(?<![\d.]){0.111 * i + 0.01 * j:.3f}(?!\d)", text), (i, j)
    for word in (*" ".join(FIGURES).split(), *NAMES[:2], "[red]"):
        assert word in text or word == "train/top1_accuracy"  # folded
    assert text.count("seeds") <= {60: 4, 80: 3, 120: 2}[width]


def test_few_figures_make_one_table():
    assert printed(80, False, n_figures=2).count("seeds") == 1


@pytest.mark.parametrize("width", [60, 80, 120])
def test_deviations_over_seeds_are_whole(width):
    text = printed(width, False, n_seeds=2)
    assert max(map(len, text.splitlines())) <= width and "…" not in text
    assert text.count("0.111 ± 0.000") == 1 and text.count("±") == len(NAMES) * len(FIGURES)
