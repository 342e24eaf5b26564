"""Configs by name, from any folder."""

import os
import sys
from pathlib import Path

import pytest
import yaml

from lightning_modules.configuration.files import find_config, names, with_paths
from lightning_modules.training_command import main
from synths import __version__
from tests import python

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> Path:
    """The working directory: a folder without configs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_file_has_a_name_and_every_name_a_file():
    files = {Path(folder, file) for folder, _, files in os.walk(CONFIGS) for file in files if file.endswith(".yaml")}
    assert {find_config(name) for name in names()} == files and "mae/voice" in names()


@pytest.mark.parametrize("name", ["mae/voice", "mae/voice.yaml"])
def test_a_file_in_the_working_directory_comes_first(name, elsewhere):
    assert find_config(name) == CONFIGS / "mae" / "voice.yaml"
    (elsewhere / "mae" / "voice").mkdir(parents=True)  # a folder is no config
    assert find_config(name) == CONFIGS / "mae" / "voice.yaml"
    (elsewhere / "mae" / "voice.yaml").write_text("name: mine")
    assert find_config(name) == Path("mae/voice.yaml")


def test_a_path_is_a_path(elsewhere):
    (elsewhere / "mine").write_text("name: mine")
    assert find_config("mine") == Path("mine")
    assert find_config(str(elsewhere / "mine")) == elsewhere / "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quikstart", "no config quikstart; did you mean quickstart"),
        ("configs/mae/voice.yml", "did you mean mae/voice"),
        ("zzz", "no config zzz; doppelganger-train --help lists those of the package"),
    ],
)
def test_an_unknown_name_lists_the_nearest(name, said):
    with pytest.raises(FileNotFoundError, match=said):
        find_config(name)


def test_names_on_a_command_line_become_paths(elsewhere):
    bank, quick = str(CONFIGS / "synths" / "bank.yaml"), str(CONFIGS / "quickstart.yaml")
    given = ["fit", "--config", "quickstart", "-c=quickstart", "--data.init_args.synth=synths/bank.yaml"]
    given += ["--data.init_args.synth", "synths/bank.yaml", "--name", "quickstart", "--wandb", "--config", "{a: 1}"]
    expected = ["fit", "--config", quick, f"-c={quick}", f"--data.init_args.synth={bank}"]
    expected += ["--data.init_args.synth", bank, "--name", "quickstart", "--wandb", "--config", "{a: 1}"]
    assert with_paths(given) == with_paths(expected) == expected
    (elsewhere / "synths").mkdir()
    (elsewhere / "synths" / "bank.yaml").write_text("")
    assert with_paths(["--synth", "synths/bank.yaml"]) == ["--synth", "synths/bank.yaml"]


def test_a_config_is_printed_by_name_with_its_sub_configs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["doppelganger-train", "fit", "--config", "supervised/tagging", "--print_config"])
    with pytest.raises(SystemExit) as stop:
        main()
    printed = yaml.safe_load(capsys.readouterr().out)
    encoder = yaml.safe_load((CONFIGS / "encoders" / "vit_tiny.yaml").read_text())["init_args"]
    assert not stop.value.code and printed["name"] == "supervised-tagging"
    assert (
        printed["model"]["init_args"]["objective"]["init_args"]["encoder"]["init_args"].items()
        >= {"backbone": encoder["backbone"]}.items()
    )


def test_the_program_is_named_as_it_was_called(monkeypatch, capsys):
    for program in ("doppelganger-train", "train.py"):
        monkeypatch.setattr(sys, "argv", [f"/somewhere/{program}", "fit", "--config", "quikstart"])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr().err
        assert stop.value.code == 2 and f"run: {program} --help" in said and "no config quikstart; did you mean" in said


@pytest.mark.parametrize("command", [[str(ROOT / "train.py")], ["-m", "lightning_modules.training_command"]])
def test_it_runs_as_a_file_and_as_a_module(command):
    done = python.run([*command, "--version"], env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0 and done.stdout.endswith(f" {__version__}\n")
