"""The short help of the training command."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from lightning_modules.command_line.usage import usage
from lightning_modules.training_command import main
from tests import without

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(params=[60, 80, 120])
def columns(request, monkeypatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def test_every_run_is_listed_with_a_description_and_no_part_or_study_is(columns):
    text = usage("doppelganger-train")
    listed = {line.split()[0] for line in text.split("configs:\n")[1].splitlines() if line[2] != " "}
    runs = {
        str(file.relative_to(CONFIGS).with_suffix(""))
        for file in CONFIGS.rglob("*.yaml")
        if {"model", "data"} <= set(map(str, yaml.safe_load(file.read_text())))
    }
    assert listed == {name for name in runs if not name.startswith("studies/")}
    assert all(len(line) <= max(columns, 80) for line in text.splitlines())
    assert all(usage_of.endswith(".") for usage_of in re.split(r"\n  (?=\S)", text.split("configs:")[1])[1:])


@pytest.mark.parametrize("arguments, code", [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_without_a_command_the_help_is_printed(arguments, code, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/bin/doppelganger-train", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    printed = capsys.readouterr()
    assert stop.value.code == code and "doppelganger-train fit --config quickstart" in (printed.err or printed.out)
    assert bool(printed.out) == (code == 0)


@pytest.mark.parametrize("command", ["sweep", "study", "cross-validate"])
def test_other_commands_have_a_help_of_their_own(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["doppelganger-train", command, "--help"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0 and capsys.readouterr().out.startswith(f"usage: doppelganger-train {command}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fit"], "Name a config: fit --config quickstart"),
        (["fit", "--config", "quickstart", "--trainer.max_epoch", "1"], "did you mean trainer.max_epochs"),
        (["fit", "quickstart"], "unrecognized arguments: quickstart; did you mean --config quickstart?"),
        (["studdy", "studies/patterns"], "cross-validate; got studdy; did you mean study?"),
        (["--config", "quickstart"], "expected a command, one of fit, "),
        (
            ["fit", "--config", "quickstart", "--data.init_args.pertubation.init_args.delta", "0.1"],
            "data: lightning_modules.data.PairDataModule does not accept pertubation; it accepts perturbation, ",
        ),
        (
            ["fit", "--config", "quickstart", "--data.init_args.synth", "synths/bnk.yaml"],
            "or configs/); did you mean synths/bank.yaml?",
        ),
        (
            ["fit", "--data.init_args.batch_size=4", "--config", "quickstart"],
            "--config before --data.init_args.batch_size",
        ),
        (["fit", "--config", "mae/quickstart"], "no package timm: pip install 'doppelganger-audio[timm]'"),
    ],
)
def test_a_mistake_is_a_few_lines_that_say_what_to_do(arguments, said):
    code = f"import sys; sys.argv[1:] = {arguments}; from lightning_modules.training_command import main; main()"
    _, printed = without.run(code, "timm", expected_exit=2)
    lines = [line for line in printed.strip().splitlines() if "Warning" not in line and not line.startswith("  warn")]
    assert said in printed and len(lines) <= 8 and "Traceback" not in printed
