"""Completion of a command line in a shell: commands, flags, names of synths and files."""

from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from synths.command_line.usage import naming

FLAG, SHELLS = "--print-completion", ("bash", "zsh", "tcsh")


def is_wanted(argv: Sequence[str]) -> bool:
    """Whether the script is to be printed, for which every command must be configured."""
    return bool(argv) and argv[0].partition("=")[0] == FLAG


def add_completion(parser: ArgumentParser, program: str) -> None:
    """Add --print-completion, which prints a script for a shell.

    Args:
        parser: parser of all commands.
        program: name of the installed command.
    """

    class Print(Action):
        def __call__(self, parser: ArgumentParser, namespace: Any, values: Any, option_string: Any = None) -> None:
            print(script(parser, program, values))
            parser.exit()

    about = "print the script that completes this command in a shell"
    parser.add_argument(FLAG, choices=SHELLS, action=Print, default=SUPPRESS, help=about)


def script(parser: ArgumentParser, program: str, shell: str) -> str:
    """The script that completes a program in a shell; needs shtab.

    Raises:
        UsageError: shtab is missing.
    """
    with naming(f"{FLAG} needs shtab; pip install shtab", ImportError):
        import shtab
    from synths.finding import built_in

    synths = sorted(built_in())
    for action in _actions(parser):
        if action.dest == "synth" and not action.choices:
            action.choices = synths
        elif action.type is Path or action.dest in ("encoder", "preset"):
            action.complete = shtab.FILE  # pyright: ignore[reportAttributeAccessIssue]
    parser.prog = program
    return shtab.complete(parser, shell)


def _actions(parser: ArgumentParser) -> Iterator[Action]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action
