"""Run a sweep: trainings at many points of a config's keys, several at a time, stoppable and resumable.

A sweep's file is one that `wandb sweep` reads; here no account is needed. A grid runs all of its points, random and
bayes (a tree-structured Parzen estimator, by Optuna) as many as --points or the file's run_cap says. Points are kept in
runs/sweeps/NAME/points.db: the same command goes on after a stop, and on several machines that share the folder, or
another database by --storage. Each point's training is runs/sweeps/NAME/NUMBER, or NUMBER-2 where another sweep of that
name has it. In the end a table and sweep.png show the metric of every point.

examples:
  doppelganger-train sweep sweeps/delta
  doppelganger-train sweep sweeps/bayes --points 40 --processes 2
"""

import sys
from collections.abc import Sequence

from doppelganger.missing_packages import naming_missing_packages
from lightning_modules.configuration.files import find_config
from lightning_modules.sweeps.runner import Runner
from lightning_modules.sweeps.sweep_file import N_POINTS, read_sweep
from synths.command_line.progress import add_quiet
from synths.command_line.usage import Parser, UsageError, whole


def main(argv: Sequence[str] | None = None) -> None:
    """Runs the command; an error ends in one line on stderr and exit code 2."""
    parser = Parser(prog="doppelganger-train sweep", description=__doc__)
    parser.add_argument("file", help="a sweep's file, or the name of one of ours, such as sweeps/delta")
    parser.add_argument(
        "--points",
        type=whole(1),
        metavar="N",
        help=f"number of points in all (run_cap of the file, or {N_POINTS})",
    )
    parser.add_argument("--processes", type=whole(1), metavar="N", default=1, help="trainings at a time (%(default)s)")
    parser.add_argument("--storage", help="URL of a database (sqlite:///runs/sweeps/NAME/points.db)")
    add_quiet(parser)
    args = parser.parse_args(argv)
    try:
        with naming_missing_packages():
            path = find_config(args.file)
            sweep = read_sweep(path)
            done = Runner(sweep, args.storage, args.points, args.quiet).run(args.processes)
    except (ValueError, FileNotFoundError, UsageError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
