"""The command line: python -m synths COMMAND."""

import argparse
import importlib
import pkgutil
from collections.abc import Sequence
from typing import NoReturn

import synths.commands
from synths.usage import UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, **kwargs):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: {line} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; a mistake in it ends in one line on stderr and exit code 2."""
    parser = Parser(prog="python -m synths", description=synths.__doc__, epilog="example: python -m synths list")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in pkgutil.iter_modules(synths.commands.__path__):
        if not module.name.startswith("_"):
            _add(subparsers, module.name)
    args = parser.parse_args(argv)
    try:
        args.run(args)
    except UsageError as error:
        args.parser.error(str(error))
    except KeyboardInterrupt:
        args.parser.exit(130, "stopped\n")


def _add(subparsers, name: str) -> None:
    command = importlib.import_module(f"synths.commands.{name}")
    summary, _, rest = (command.__doc__ or "").partition("\n")
    parser = subparsers.add_parser(name, help=summary, description=f"{summary}\n{rest}")
    command.configure(parser)
    parser.set_defaults(run=command.run, parser=parser)


if __name__ == "__main__":
    main()
