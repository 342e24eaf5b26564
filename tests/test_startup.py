"""Packages that a command imports: torch takes seconds, the compiler and plots as long again."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import doppelganger.commands
import synths.commands
from synths.command_line.summaries import summaries

SLOW = {"timm", "torchvision", "torchaudio", "torch._dynamo", "sympy", "matplotlib", "sklearn", "scipy", "librosa"}
SLOW |= {"pytorch_lightning", "lightning_fabric", "torchmetrics", "jsonargparse", "wandb", "tensorboard", "pandas"}
# Modules of commands other than the one that runs.
COMMANDS = {f"{p.__name__}.{name}" for p in (synths.commands, doppelganger.commands) for name in summaries(p)}


def imported(code: str) -> set[str]:
    """Modules that a process has imported when the code has run or has exited."""
    ending = "import atexit, json, sys; atexit.register(lambda: print('\\n' + json.dumps(list(sys.modules))))\n"
    result = subprocess.run([sys.executable, "-c", ending + code], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def main_of(package: str, *arguments: str) -> str:
    return f"from {package}.__main__ import main; main({list(arguments)})"


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("package", ["synths", "doppelganger"])
def test_help_and_version_import_neither_torch_nor_a_command(package, option):
    modules = imported(main_of(package, option))
    assert not modules & {"torch", "numpy", "rich", "yaml"} and not modules & COMMANDS


@pytest.mark.parametrize("package", ["synths", "doppelganger"])
def test_the_version_is_that_of_the_distribution(package, capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f"{package}.__main__").main(["--version"])
    assert stop.value.code == 0 and capsys.readouterr().out == f"{package} {synths.__version__}\n"
    declared = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in declared and 'attr = "synths.__version__"' in declared


@pytest.mark.parametrize("package", ["synths", "doppelganger"])
@pytest.mark.parametrize("called", ["/bin/{}", "{}.exe", "/site-packages/{}/__main__.py"])
def test_usage_and_errors_name_the_program_as_it_was_called(package, called, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [called.format(package), "nothing"])
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f"{package}.__main__").main()
    program = f"python -m {package}" if called.endswith("__main__.py") else package
    said = capsys.readouterr().err
    assert stop.value.code == 2 and f"{program}: " in said and ("python -m" in said) == ("python -m" in program)


@pytest.mark.parametrize(
    "code",
    [
        main_of("synths", "list"),
        "import synths; [getattr(synths, name) for name in synths.__all__]",
        "import doppelganger; [getattr(doppelganger, name) for name in doppelganger.__all__]",
        main_of("doppelganger", "embed", "--help"),
        "import doppelganger.adapters.hear, doppelganger.adapters.xares",
    ],
)
def test_little_besides_torch_is_imported(code):
    modules = imported(code)
    assert "torch" in modules and not modules & SLOW


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"], []])
def test_version_and_short_help_of_the_training_command_import_no_lightning(arguments):
    called = f"import sys; sys.argv[1:] = {arguments}; from lightning_modules.training_command import main\n"
    modules = imported(f"{called}try: main()\nexcept SystemExit: pass")
    assert not modules & {"torch", "numpy", "rich", "yaml", "pytorch_lightning"}


def test_training_imports_its_parts_when_a_config_names_them():
    """Lightning imports torch._dynamo and torchmetrics, which imports matplotlib, scipy, librosa and torchvision."""
    modules = imported(
        "import sys; sys.argv[1:] = ['fit', '--help']; import lightning_modules.command_line.cli as c; c.TrainingCLI()"
    )
    assert {"lightning_modules.callbacks.online_probe", "lightning_modules.data"} <= modules
    assert not modules & {"timm", "wandb", "sklearn", "torchaudio", "doppelganger.evaluation"}


@pytest.mark.parametrize("package, command", [("synths", "render"), ("doppelganger", "caption")])
def test_help_of_a_command_imports_no_other(package, command):
    assert imported(main_of(package, command, "--help")) & COMMANDS == {f"{package}.commands.{command}"}


@pytest.mark.parametrize("package", [synths.commands, doppelganger.commands])
def test_summaries_are_first_lines_of_docstrings(package):
    found = summaries(package)
    assert len(found) >= 6 and not any(name.startswith("_") for name in found)
    for name, summary in found.items():
        module = importlib.import_module(f"{package.__name__}.{name}")
        assert summary == module.__doc__.splitlines()[0] != ""


def test_a_command_without_a_docstring_has_no_summary(tmp_path):
    (tmp_path / "bare.py").write_text("x = 1\n")
    (tmp_path / "_shared.py").write_text("'''Shared.'''\n")
    (tmp_path / "said.py").write_text("'''Says\nmore.'''\nraise SystemExit\n")
    assert summaries(SimpleNamespace(__name__="made", __path__=[str(tmp_path)])) == {"bare": "", "said": "Says"}


@pytest.mark.parametrize("package", ["synths", "doppelganger"])
def test_every_public_name_is_there_and_listed(package):
    module = importlib.import_module(package)
    assert all(getattr(module, name) is not None for name in module.__all__)
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="Nothing"):
        module.Nothing  # noqa: B018
