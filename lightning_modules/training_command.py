"""The command doppelganger-train, and train.py."""

import sys
from pathlib import Path

from doppelganger.extras import naming_missing_packages
from lightning_modules.errors import USERS, one_line, wants_traceback, weights_do_not_fit
from synths import __version__
from synths.usage import UsageError


def main() -> None:
    """Runs the training command line; a missing package ends in one line on stderr and exit code 2."""
    prog = Path(sys.argv[0]).name
    if sys.argv[1:] == ["--version"]:  # without the seconds that Lightning takes to import
        print(f"{prog} {__version__}")
        return
    try:
        with naming_missing_packages():
            from lightning_modules.cli import TrainingCLI

            TrainingCLI()
    except UsageError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        sys.exit(2)
    except (*USERS, RuntimeError) as error:
        if wants_traceback() or not (isinstance(error, USERS) or weights_do_not_fit(error)):
            raise
        print(f"{prog}: {one_line(error)}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
