"""The command line: python -m doppelganger COMMAND."""

import argparse
import importlib
import pkgutil
from collections.abc import Sequence

import doppelganger.commands
from synths.usage import UsageError


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; a wrong argument ends in one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m doppelganger", description=doppelganger.__doc__)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in pkgutil.iter_modules(doppelganger.commands.__path__):
        if not module.name.startswith("_"):
            _add(subparsers, module.name)
    args = parser.parse_args(argv)
    try:
        args.run(args)
    except (UsageError, ValueError, OSError) as error:
        parser.exit(2, f"{args.prog}: {' '.join(str(error).split())}\n")
    except KeyboardInterrupt:
        parser.exit(130, "stopped\n")


def _add(subparsers, name: str) -> None:
    command = importlib.import_module(f"doppelganger.commands.{name}")
    summary, _, rest = (command.__doc__ or "").partition("\n")
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=f"{summary}\n{rest}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    parser.set_defaults(run=command.run, prog=parser.prog)


if __name__ == "__main__":
    main()
