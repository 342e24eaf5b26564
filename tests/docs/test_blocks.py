"""Every Python block of README and docs runs: here, in another test, or not, with the reason."""

import re

import pytest
import torch

import doppelganger
from synths.__main__ import main as synths_main
from tests.docs.page import ROOT

# Pages whose blocks another test runs.
ELSEWHERE = {
    "adding": "tests/adding",
    "concepts": "tests/test_readme.py",
    "loading": "tests/hub/test_loading_page.py",
    "moving": "tests/docs/test_moving.py",
    "notes": "tests/test_readme.py",
    "tutorials/engineer": "tests/docs/test_tutorials.py",
    "tutorials/researcher": "tests/docs/test_tutorials.py",
    "tutorials/sound_designer": "tests/docs/test_tutorials.py",
}
# The start of a block -> why it is not run.
NOT_RUN = {
    "class MyEncoder": "its two methods are left to the reader",
    "CAUSES = Causes(": "the last lines of a file; tests/labels reads the whole files",
    "from doppelganger.classification.head": "needs a classifier; the same lines run in the tutorial for engineers",
}
# What a test makes small.
SMALL = {
    "steps=300": "steps=1",
    "torch.arange(512)": "torch.arange(8)",
    "torch.arange(8), seed=1": "torch.arange(1), seed=1",
}


def blocks_of(path):
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)


def pages():
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        name = path.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")
        if name not in ELSEWHERE and blocks_of(path):
            yield pytest.param(path, id=name)


@pytest.fixture
def folder(tmp_path, monkeypatch, forked_workers):
    """The working directory: a corpus of eight sounds. An encoder of a run is `small`."""
    monkeypatch.chdir(tmp_path)
    arguments = ["render", "drum", "-n", "8", "--seconds", "0.2", "--shards", "--processes", "1", "--out", "corpus"]
    synths_main(arguments)
    load = doppelganger.load_encoder
    monkeypatch.setattr(
        doppelganger, "load_encoder", lambda path, *a: load(path.replace("runs/quickstart", "small"), *a)
    )
    monkeypatch.setattr("torch.compile", lambda thing, **_: thing)


@pytest.mark.parametrize("path", list(pages()))
def test_the_blocks_of_a_page_run(path, folder):
    names = {"waveform": torch.randn(2, 16000)}
    for block in blocks_of(path):
        if any(re.search(rf"^{re.escape(start)}", block, re.M) for start in NOT_RUN):
            continue
        for large, small in SMALL.items():
            block = block.replace(large, small)
        exec(compile(block, path.name, "exec"), names)


def test_pages_that_are_run_elsewhere_are_named_there():
    for page, test in ELSEWHERE.items():
        files = [*(ROOT / test).rglob("*.py")] if (ROOT / test).is_dir() else [ROOT / test]
        assert any(f"{page}.md" in file.read_text(encoding="utf-8") for file in files), page


def test_reasons_belong_to_a_block():
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert all(start in text for start in NOT_RUN)
