"""What `doppelganger-train --help` prints: the configs by name, and the options that most runs need."""

import shutil
import textwrap
from collections.abc import Iterator

from lightning_modules.configuration.files import FOLDER, names

USAGE = """\
usage: {prog} fit --config NAME [--key value ...]

Train an encoder without recordings. A config is a YAML file or one of the names
at the end.

  {prog} fit --config quickstart
  {prog} fit --config mae/voice --trainer.accelerator gpu
  {prog} fit --config quickstart --print_config > mine.yaml

commands:
  fit                  train
  validate, test       measure a checkpoint on validation or test data
  predict              write a checkpoint's predictions
  cross-validate       fine-tune on every fold of labelled recordings
  sweep                train at many points of some keys
  study                compare trainings, one change a row

options:
  -c, --config NAME    a config; given again, the later one has the last word
  --name NAME          the run's folder is runs/NAME/DATE-TIME
  --ckpt_path PATH     go on from a checkpoint; "last" is the newest of --name
  --wandb              log to Weights & Biases as well
  --allow PACKAGE ...  refuse classes of other packages than these and ours
  --import MODULE ...  import modules with classes that a checkpoint names
  --quiet              show no progress
  --verbose            show where in the program an error was found
  --print_config       print the whole configuration and exit
  --KEY VALUE          any key of the config, such as --trainer.max_epochs 10
  --version            print the version and exit
  --print-completion SHELL
                       print the script that completes this command in a shell

Every key with its type and default: {prog} fit --help
"""


def usage(prog: str) -> str:
    """The help text, with as many columns as the terminal has."""
    return f"{USAGE.format(prog=prog)}\nconfigs:\n" + "\n".join(_config_lines(shutil.get_terminal_size().columns))


def _config_lines(columns: int) -> Iterator[str]:
    described = {name: text for name in names() if (text := _description(name))}
    indent = max(map(len, described)) + 4
    for name, text in described.items():
        yield from textwrap.wrap(
            text,
            min(columns, 120),
            break_on_hyphens=False,
            initial_indent=f"  {name}".ljust(indent),
            subsequent_indent=" " * indent,
        )


def _description(name: str) -> str:
    """The first line of a config that is a whole run; "" for parts, studies and sweeps."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    comment, *lines = text.splitlines()
    whole = any(line.startswith("model:") for line in lines) and not name.startswith("studies/")
    return comment.removeprefix("# ") if whole else ""
