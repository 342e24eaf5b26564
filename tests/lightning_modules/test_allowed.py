"""--allow: nothing of another package is imported, whatever a config names."""

import json
import sys
from pathlib import Path

import pytest

import lightning_modules.command_line.parser
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.command_line.parser import without_option
from tests import python

# Runs several command lines in one process, which --allow changes for good.
RUN = """
import json, sys, warnings
warnings.simplefilter("ignore")
from lightning_modules import training_command
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["train.py", *arguments]
    try:
        training_command.main()
    except SystemExit as end:
        print("code", end.code, file=sys.stderr)
"""
STRANGER = """
from pathlib import Path
Path("imported").touch()
from torch import optim, nn
class Adam(optim.Adam):
    pass
def clips(root):
    return []
"""


def run(folder: Path, *command_lines: list[str]) -> str:
    environment = {"PYTHONPATH": f"{Path(__file__).parents[2]}:{folder}", "PATH": "", "HOME": str(folder)}
    done = python.run(["-c", RUN, json.dumps(command_lines)], cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def test_other_packages_are_refused_before_their_import_and_named_ones_are_not(config, tmp_path):
    (tmp_path / "stranger.py").write_text(STRANGER)
    fit, quiet = ["fit", "--config", config], ["--trainer.logger=false", "--trainer.max_steps=1"]
    optimizer = "--model.init_args.optimizer=stranger.Adam"
    task = {"task": "stranger:clips", "root": ".", "seconds": 1}
    recordings = {"class_path": "lightning_modules.recordings.RecordingsDataModule", "init_args": task}
    refused = [
        [*fit, *quiet, "--allow", "other", optimizer],
        [*fit, *quiet, "--allow=other", "--trainer.callbacks+=stranger.Callback"],
        [*fit, *quiet, "--allow", "other", f"--data={json.dumps(recordings)}"],
        [*fit, *quiet, "--allow", "other", "--weights_only=false"],
        [*fit, *quiet, "--allow", "not-a-name"],
        [*fit, *quiet, "--allow"],
    ]
    said = run(tmp_path, *refused)
    assert not (tmp_path / "imported").exists()
    codes = [line for line in said.splitlines() if line.startswith("code")]
    assert codes == ["code 2"] * 5, said  # the last one runs: a config of ours names no other package
    assert "--allow: the config names stranger.Adam, which is of no allowed package" in said
    assert "--allow: the config names stranger.Callback, which is of no allowed package" in said
    assert "task 'stranger:clips' cannot be loaded: ImportError: stranger is of none of the allowed packages" in said
    assert "--allow: expected no weights_only: false" in said
    assert "--allow: expected names of packages, such as my_package; got not-a-name" in said
    said = run(tmp_path, [*fit, *quiet, "--allow", "stranger", optimizer])
    assert "code" not in said and (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("arguments", "rest", "values"),
    [
        (["fit", "--x", "1"], ["fit", "--x", "1"], None),
        (["fit", "--allow", "a", "b", "--x", "1"], ["fit", "--x", "1"], ["a", "b"]),
        (["fit", "--allow=a,b", "--x", "1"], ["fit", "--x", "1"], ["a", "b"]),
        (["fit", "--allow", "a", "--allow=b"], ["fit"], ["a", "b"]),
        (["fit", "--allow"], ["fit"], []),
    ],
)
def test_the_option_is_taken_from_the_command_line(arguments, rest, values):
    assert without_option(arguments, "--allow") == (rest, values)


def test_a_config_cannot_set_it(config, monkeypatch, capsys):
    monkeypatch.setattr(lightning_modules.command_line.parser, "allow_only", lambda _: pytest.fail("set by a config"))
    Path(config).write_text(Path(config).read_text() + "allow: [os]\n")
    monkeypatch.setattr(sys, "argv", ["train.py", "fit", "--config", config])
    with pytest.raises(SystemExit):
        TrainingCLI()
    assert "allow" in capsys.readouterr().err
