"""The scripts of --print-completion, run by bash."""

import os
import subprocess

import pytest

from lightning_modules.configuration.files import names
from synths.command_line.summaries import summaries
from synths.finding import built_in
from tests import python

pytest.importorskip("shtab")
MODULES = {
    "synths": "synths",
    "doppelganger": "doppelganger",
    "doppelganger-train": "lightning_modules.training_command",
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions")
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    for program, module in MODULES.items():
        done = python.run(["-m", module, "--print-completion", "bash"], env=environment)
        assert done.returncode == 0, done.stderr
        (folder / program).write_text(done.stdout)
    return folder


def completed(scripts, line, folder):
    """What bash offers for the last word of a line, typed in a folder."""
    program = line.split()[0]
    words = f"{line}''" if line.endswith(" ") else line
    shell = (
        f"source {scripts / program}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
        f"_shtab_{program.replace('-', '_')}; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=20, cwd=folder)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("synths re", {"render"}),
        ("synths render sub", {"subtractive"}),
        ("synths render voice --dop", {"--doppelgangers"}),
        ("synths render voice --format f", {"flac"}),
        ("synths verify cor", {"corpus"}),
        ("doppelganger train", {"train-classifier"}),
        ("doppelganger embed sounds --encoder mo", {"model"}),
        ("doppelganger evaluate --qu", {"--quiet"}),
        ("doppelganger-train cross", {"cross-validate"}),
        ("doppelganger-train fit --config quick", {"quickstart"}),
        ("doppelganger-train study studies/pat", {"studies/patterns"}),
        ("doppelganger-train fit --print_c", {"--print_config"}),
    ],
)
def test_a_word_is_completed(scripts, tmp_path, line, expected):
    for name in ("corpus", "model"):
        (tmp_path / name).mkdir()
    assert completed(scripts, line, tmp_path) == expected


def test_all_commands_synths_and_configs_are_offered(scripts, tmp_path):
    import doppelganger.commands
    import synths.commands

    assert completed(scripts, "synths ", tmp_path) >= set(summaries(synths.commands))
    wanted = {name.replace("_", "-") for name in summaries(doppelganger.commands)}
    assert completed(scripts, "doppelganger ", tmp_path) >= wanted
    assert completed(scripts, "synths render ", tmp_path) >= set(built_in())
    assert completed(scripts, "doppelganger-train fit --config ", tmp_path) == set(names())


@pytest.mark.parametrize("module", MODULES.values())
def test_another_shell_is_named(module):
    done = python.run(["-m", module, "--print-completion", "fish"])
    assert done.returncode == 2 and "--print-completion" in done.stderr and "zsh" in done.stderr
