"""The commands of the README, run or parsed, and the snippets of the docs, run."""

import argparse
import importlib
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from lightning_modules.configuration.files import find_config
from tests import python

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", README, re.S) for line in block.splitlines() if line]
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.S)


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [c for c in COMMANDS if "-m synths" in c])
def test_a_synths_command_runs(command, tmp_path):
    _, *arguments = shlex.split(command)
    quick = ["--seconds", "0.1"] if "render" in arguments else []
    done = python.run([*arguments, *quick], tmp_path)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("command", [c for c in COMMANDS if "-m doppelganger" in c])
def test_a_doppelganger_command_has_these_flags(command):
    _, _, _, name, *arguments = shlex.split(command)
    parser = argparse.ArgumentParser(exit_on_error=False)
    importlib.import_module(f"doppelganger.commands.{name.replace('-', '_')}").configure(parser)
    assert parser.parse_args(arguments)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_a_make_target_exists(command):
    assert run([*shlex.split(command), "--dry-run"], ROOT)


@pytest.mark.parametrize("page", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")], ids=lambda page: page.stem)
def test_configs_that_are_named_exist(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"(?:--config|doppelganger-train (?:study|sweep)) ([\w/]+)(?= |\n|`)", text):
        assert find_config(name).is_file()
    for path in re.findall(r"configs/[a-z_\d/]+\.yaml", text):
        assert (ROOT / path).is_file()


def test_the_quick_start_of_the_readme_is_that_of_make():
    printed = run(["make", "--dry-run", "--always-make", "quickstart"], ROOT)
    for command in ("doppelganger-train fit --config quickstart", "[train]"):
        assert command in README and command in printed
    assert "[dev]" not in printed


@pytest.mark.parametrize("page", ["concepts.md", "notes.md"])
def test_the_snippets_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    namespace: dict = {}
    for snippet in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(compile(snippet, page, "exec"), namespace)


def test_the_scores_of_the_readme_are_those_that_were_measured():
    result = json.loads((ROOT / "results" / "small.json").read_text(encoding="utf-8"))
    rows = {
        line.split("|")[1].strip(): re.findall(r"[\d.]+", line.split("|", 2)[2])
        for line in README.splitlines()
        if "| " in line
    }
    for name, title in (
        ("trained", "`small`"),
        ("random", "the same network with random weights"),
        ("log_mel", "log-mel, mean and deviation"),
    ):
        scores = [task["protocols"]["linear"]["encoders"][name] for task in result["tasks"]]
        assert rows[title] == [f"{100 * score[key]:.1f}" for score in scores for key in ("score", "low", "high")]
    assert [task["name"] for task in result["tasks"]] == ["esc10", "fsdd", "arabic_speech_commands"]


def test_the_encoder_of_the_readme_embeds():
    exec(compile(SNIPPETS[0], "README", "exec"), namespace := {})
    assert namespace["embedding"].shape == (4, 1024)


def test_the_sounds_of_the_readme_have_gradients():
    exec(compile(SNIPPETS[1], "README", "exec"), namespace := {})
    assert namespace["sounds"].shape == (8, 176400)
    assert namespace["theta"].grad.isfinite().all()
