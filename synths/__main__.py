"""The command line: synths COMMAND, or python -m synths COMMAND."""

import importlib
import sys
from collections.abc import Sequence

import synths.commands
from synths.command_line.allocator import keep_memory
from synths.command_line.completion import add_completion, is_wanted
from synths.command_line.summaries import summaries
from synths.command_line.usage import (
    Parser,
    UsageError,
    find_own_packages,
    interrupted_at_once,
    program,
    quiet_when_unread,
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; a mistake in it ends in one line on stderr and exit code 2."""
    argv = sys.argv[1:] if argv is None else argv
    keep_memory()
    find_own_packages()
    prog = program("synths")
    parser = Parser(prog=prog, description=synths.__doc__, epilog=f"example: {prog} list")
    parser.add_argument("--version", action="version", version=f"synths {synths.__version__}")
    add_completion(parser, "synths")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in summaries(synths.commands).items():
        command = subparsers.add_parser(name, help=summary)
        if name in argv or is_wanted(argv):  # no other command is imported
            _configure(command, name)
    args = parser.parse_args(argv)
    try:
        with interrupted_at_once(), quiet_when_unread():
            args.run(args)
    except UsageError as error:
        args.parser.error(str(error))
    except KeyboardInterrupt:
        args.parser.exit(130, "stopped\n")


def _configure(parser: Parser, name: str) -> None:
    command = importlib.import_module(f"synths.commands.{name}")
    parser.description = command.__doc__
    command.configure(parser)
    parser.set_defaults(run=command.run, parser=parser)


if __name__ == "__main__":
    main()
