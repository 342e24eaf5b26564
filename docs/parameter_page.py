"""A page of parameters for each synth, made from the code, and one that lists them."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import synths
from docs.docstrings import summary
from synths import Parameter
from synths.parameters.parameter import extent_of

HEADER = "| parameter | range | unit | curve | meaning |\n|---|---|---|---|---|\n"
MOST_IN_A_TABLE = 100
INTRODUCTION = """\
# Parameters

Each synth has a page of its parameters. `python -m synths describe NAME` prints the same.

| synth | name | parameters | what it is |
|---|---|---|---|
"""


def page(name: str, synth: synths.Synth) -> str:
    """Title, description and table of one synth; many parameters are tables of their modules that unfold."""
    number = f"{len(synth.space)} parameters, fingerprint `{synth.space.fingerprint()}`."
    parts = [f"# {type(synth).__name__}", f"`{name}`: {summary(synth)}", number]
    if len(synth.space) <= MOST_IN_A_TABLE:
        return "\n\n".join([*parts, _table(synth.space)])
    for module, some in groupby(synth.space, lambda p: p.name.partition(".")[0]):
        parameters = list(some)
        title = f"<summary><code>{module}</code>, {len(parameters)}</summary>"
        parts += [f"<details>\n{title}", _table(parameters), "</details>"]
    return "\n\n".join(parts)


def _table(parameters: Iterable[Parameter]) -> str:
    rows = [
        f"| `{p.name}` | {extent_of(p)} | {p.unit} | {p.curve:g}{' symmetric' * p.symmetric} | {p.doc} |"
        for p in parameters
    ]
    return HEADER + "\n".join(rows)


def write(folder: Path) -> None:
    """Writes parameters.md and parameters/NAME.md."""
    (folder / "parameters").mkdir(exist_ok=True)
    found = {name: cls() for name, cls in synths.catalogue().items()}
    lines = []
    for name, synth in found.items():
        (folder / "parameters" / f"{name}.md").write_text(page(name, synth) + "\n", encoding="utf-8")
        title = f"[{type(synth).__name__}](parameters/{name}.md)"
        lines.append(f"| {title} | `{name}` | {len(synth.space)} | {summary(synth)} |")
    tree = "\n".join(["```{toctree}", ":hidden:", "", *(f"parameters/{name}" for name in found), "```"])
    (folder / "parameters.md").write_text(INTRODUCTION + "\n".join(lines) + f"\n\n{tree}\n", encoding="utf-8")
