"""Completion of doppelganger-train in a shell: commands, names of configs, the options of the short help."""

import re
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from lightning_modules.command_line.usage import USAGE
from lightning_modules.configuration.files import names
from synths.command_line import completion
from synths.command_line.progress import add_quiet
from synths.command_line.usage import UsageError

_OPTION = re.compile(r"^  (?:(-\w), )?(--[\w-]+)( [A-Z]+)?", re.M)
_NOT_OF_A_RUN = ("--KEY", "--version", "--print-completion")


def main(arguments: Sequence[str]) -> None:
    """Print the script for the shell that is named.

    Raises:
        UsageError: no such shell, or shtab is missing.
    """
    if len(arguments) != 1 or arguments[0] not in completion.SHELLS:
        raise UsageError(f"{completion.FLAG}: expected one of {', '.join(completion.SHELLS)}")
    print(script(arguments[0]))


def script(shell: str) -> str:
    """The script that completes the command; needs shtab. Keys of a config are left out: there are thousands.

    Raises:
        UsageError: shtab is missing.
    """
    parser = ArgumentParser(prog="doppelganger-train")
    commands = parser.add_subparsers()
    for name in ("fit", "validate", "test", "predict", "cross-validate"):
        _add_options(commands.add_parser(name, help=name))  # shtab leaves out one without help
    for name, folder, option in (("sweep", "sweeps/", "--storage"), ("study", "studies/", "--packs")):
        command = commands.add_parser(name, help=name)
        command.add_argument("config", choices=[config for config in names() if config.startswith(folder)])
        command.add_argument(option, type=Path)
        add_quiet(command)
    return completion.script(parser, "doppelganger-train", shell)


def _add_options(parser: ArgumentParser) -> None:
    for short, long, value in _OPTION.findall(USAGE):
        if long in _NOT_OF_A_RUN:
            continue
        flags = [flag for flag in (short, long) if flag]
        if long == "--config":
            parser.add_argument(*flags, choices=names())
        elif value:
            parser.add_argument(*flags, type=Path if value == " PATH" else str)
        else:
            parser.add_argument(*flags, action="store_true")
