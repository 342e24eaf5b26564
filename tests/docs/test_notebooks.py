"""The notebooks of the docs, run cell by cell; the last line of a cell is what a notebook shows."""

import ast
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"


def cells_of(notebook, kind):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def shown_by(source, names):
    """Runs a cell; the value of its last line, None where that is no expression."""
    *before, last = ast.parse(source).body
    exec(compile(ast.Module([*before], []), "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), "cell", "exec"), names)
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_the_first_sounds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    sounds, voice, space, pitches, near, far, similarity, level = (
        shown_by(source, names) for source in cells_of(FOLDER / "first_sounds.ipynb", "code")
    )
    for shown, n in ((sounds, 3), (pitches, 3), (near, 4), (far, 4)):
        assert shown._repr_html_().count("<audio") == n
    assert "keyboard" in repr(voice) and "keyboard.midi_f0" in repr(space)
    assert (near.a - near.b).abs().mean() < (far.a - far.b).abs().mean()
    assert names["same"] > names["different"] + 0.3 and "same pair" in similarity
    assert names["levels"][-1] == pytest.approx(0.05, rel=0.2) and "target 0.05" in level


@pytest.mark.parametrize("notebook", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_whole_without_outputs_and_linked(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    assert all(cell["outputs"] == [] for cell in content["cells"] if cell["cell_type"] == "code")
    lines = "\n".join(cells_of(notebook, "code") + cells_of(notebook, "markdown")).split("\n")
    assert max(map(len, lines)) <= 120
    assert f"notebooks/{notebook.name}" in (FOLDER.parent / "index.md").read_text(encoding="utf-8")
