"""The command doppelganger-train, and train.py."""

import difflib
import gc
import importlib
import sys
from pathlib import Path

from doppelganger.missing_packages import naming_missing_packages
from lightning_modules.command_line.errors import (
    USERS,
    is_of_a_lost_rank,
    is_refused_by_trainer,
    one_line,
    wants_traceback,
    weights_do_not_fit,
)
from lightning_modules.command_line.usage import usage
from synths import __version__
from synths.command_line.allocator import keep_memory
from synths.command_line.completion import FLAG
from synths.command_line.usage import UsageError, find_own_packages, interrupted_at_once

_LIGHTNING = ("fit", "validate", "test", "predict")
# Beside the subcommands of Lightning; imported when called.
_COMMANDS = {
    "sweep": "lightning_modules.commands.sweep",
    "study": "lightning_modules.commands.study",
    "cross-validate": "lightning_modules.commands.cross_validation",
}


def main() -> None:
    """Runs the training command line.

    A missing package, or a mistake in a config, a file or an argument, ends in one line on stderr and exit code 2; the
    loss of another process of the training in one line and exit code 1. The version and the short help come without
    the seconds that Lightning takes to import.
    """
    prog = Path(sys.argv[0]).name
    match sys.argv[1:]:
        case ["--version"]:
            print(f"{prog} {__version__}")
            return
        case [] | ["-h" | "--help"]:
            print(usage(prog), file=sys.stdout if sys.argv[1:] else sys.stderr)
            sys.exit(0 if sys.argv[1:] else 2)
    try:
        _require_command(sys.argv[1:])
        keep_memory(large=True)
        find_own_packages()
        with naming_missing_packages(), interrupted_at_once():
            if sys.argv[1] == FLAG:
                importlib.import_module("lightning_modules.command_line.completion").main(sys.argv[2:])
                return
            if sys.argv[1] in _COMMANDS:
                importlib.import_module(_COMMANDS[sys.argv[1]]).main(sys.argv[2:])
                return
            gc.disable()  # it finds nothing while modules are imported, and costs a fifth of the time
            try:
                from lightning_modules.command_line.cli import TrainingCLI
            finally:
                gc.enable()

            TrainingCLI()
    except UsageError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        lost = is_of_a_lost_rank(error)
        known = isinstance(error, USERS) or weights_do_not_fit(error) or is_refused_by_trainer(error) or lost
        if wants_traceback() or not known:
            raise
        print(f"{prog}: {one_line(error)}", file=sys.stderr)
        sys.exit(1 if lost else 2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)  # as a shell reports it: 128 + SIGINT


def _require_command(arguments: list[str]) -> None:
    known = [*_LIGHTNING, *_COMMANDS]
    if arguments[0] == FLAG or any(argument in known for argument in arguments):
        return
    near = difflib.get_close_matches(arguments[0], known, n=1) or ["fit"]
    raise UsageError(f"expected a command, one of {', '.join(known)}; got {arguments[0]}; did you mean {near[0]}?")


if __name__ == "__main__":
    main()
