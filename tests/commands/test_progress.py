"""Progress: on a terminal, with the time left; none with --quiet or off a terminal."""

import io
import os
import subprocess
import sys
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console

from synths.command_line import progress
from tests import python

RENDER = ["-m", "synths", "render", "modal", "-n", "40", "--seconds", "0.1", "--out"]


def shown(quiet=False, terminal=True):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    assert list(progress.track(iter("abc"), "counting", 3, quiet, console)) == ["a", "b", "c"]
    return console.file.getvalue()


def test_a_bar_counts_and_tells_the_time():
    text = shown()
    assert "counting" in text and "3/3" in text and "0:00:00" in text


@pytest.mark.parametrize(("quiet", "terminal"), [(True, True), (False, False)])
def test_no_bar_is_shown_off_a_terminal_or_with_quiet(quiet, terminal):
    assert shown(quiet, terminal) == ""


@pytest.mark.parametrize("more", [[], ["--quiet"]])
def test_a_command_on_a_terminal(tmp_path, more):
    main, terminal = os.openpty()
    done = subprocess.run(
        [sys.executable, *RENDER, str(tmp_path / "sounds"), *more], stderr=terminal, stdout=subprocess.PIPE
    )
    os.close(terminal)
    try:
        said = os.read(main, 65536).decode()
    except OSError:  # nothing was written
        said = ""
    os.close(main)
    assert done.returncode == 0 and ("rendering" in said) == (not more)


def test_a_command_off_a_terminal(tmp_path):
    done = python.run([*RENDER, tmp_path / "sounds"])
    assert done.returncode == 0 and done.stderr == ""


def long_jobs():
    for package in ("synths", "doppelganger"):
        for path in sorted(Path(package, "commands").glob("[a-z]*.py")):
            if "synths.command_line.progress" in path.read_text():
                yield f"{package}.commands.{path.stem}"


@pytest.mark.parametrize("module", list(long_jobs()))
def test_every_command_with_progress_has_quiet(module):
    parser = ArgumentParser()
    import_module(module).configure(parser)
    assert "--quiet" in parser.format_help()


def test_progress_is_made_in_one_place():
    """Training has Lightning's own bar."""
    for package in ("synths", "doppelganger"):
        for path in Path(package).rglob("*.py"):
            ours = path.as_posix() == "synths/command_line/progress.py"
            imports = [line for line in path.read_text().splitlines() if "rich.progress import" in line]
            assert ours or all(line == "from rich.progress import Progress" for line in imports), path


def test_a_training_takes_quiet(monkeypatch):
    from lightning_modules.command_line.parser import HelpfulParser

    given = []
    monkeypatch.setattr(HelpfulParser.__mro__[1], "parse_args", lambda self, args, *more, **options: given.extend(args))
    HelpfulParser.parse_args(object.__new__(HelpfulParser), ["fit", "--quiet", "--verbose"])
    assert given == ["fit", "--trainer.enable_progress_bar=false"]
