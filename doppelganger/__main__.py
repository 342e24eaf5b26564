"""The command line: doppelganger COMMAND, or python -m doppelganger COMMAND."""

import importlib
import sys
from collections.abc import Sequence

import doppelganger.commands
from doppelganger.missing_packages import naming_missing_packages
from synths.command_line.allocator import keep_memory
from synths.command_line.completion import add_completion, is_wanted
from synths.command_line.summaries import summaries
from synths.command_line.usage import (
    Parser,
    UsageError,
    find_own_packages,
    interrupted_at_once,
    message_of,
    own_module,
    program,
    quiet_when_unread,
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; a wrong argument or a missing package ends in one line on stderr and exit code 2."""
    argv = sys.argv[1:] if argv is None else argv
    keep_memory()
    find_own_packages()
    parser = Parser(prog=program("doppelganger"), description=doppelganger.__doc__)
    parser.add_argument("--version", action="version", version=f"doppelganger {doppelganger.__version__}")
    add_completion(parser, "doppelganger")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    prog = parser.prog
    try:
        with naming_missing_packages(), interrupted_at_once(), quiet_when_unread():
            for module, summary in summaries(doppelganger.commands).items():
                name = module.replace("_", "-")
                command = subparsers.add_parser(name, help=summary)
                if name in argv or is_wanted(argv):  # no other command is imported
                    _configure(command, module)
            args = parser.parse_args(argv)
            prog = args.prog
            args.run(args)
    except (UsageError, ValueError, OSError) as error:
        parser.exit(2, f"{prog}: {' '.join(message_of(error).split())}\n")
    except KeyboardInterrupt:
        parser.exit(130, "stopped\n")


def _configure(parser: Parser, module: str) -> None:
    command = importlib.import_module(f"doppelganger.commands.{module}")
    parser.description = command.__doc__
    command.configure(parser)
    parser.add_argument(
        "--import",
        type=own_module,
        action="append",
        metavar="MODULE",
        help="import a module of your own first, such as one with classes that a checkpoint names; may be repeated",
    )
    parser.set_defaults(run=command.run, prog=parser.prog)


if __name__ == "__main__":
    main()
