"""Engines run a function on tasks: in this process, in other processes of this machine, or on a Ray cluster."""

import os
from argparse import Namespace, _ActionsContainer
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import Protocol, TypeVar

from synths.command_line.usage import naming, whole
from synths.engines import on_ray, processes

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """The results of a function of a module on tasks, in the order in which they are done."""

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Generator[Result, None, None]: ...


def in_this_process(function: Callable[[Task], Result], tasks: Iterable[Task]) -> Generator[Result, None, None]:
    """An engine without other processes."""
    yield from map(function, tasks)


def add_flags(parser: _ActionsContainer, default: str) -> None:
    """Add --processes and --ray.

    Args:
        parser: parser, or a group of it.
        default: what happens without --processes, for its help.
    """
    parser.add_argument("--processes", type=whole(1), metavar="N", help=f"local processes, one thread each ({default})")
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="use the Ray cluster at this address, or auto, or local for one of this machine",
    )


def engine_of(args: Namespace, *, n_gpus: int = 0) -> Engine | None:
    """The engine that --processes and --ray name; None for this process.

    Args:
        args: parsed flags, see `add_flags`.
        n_gpus: GPUs that a task needs on a Ray cluster.

    Raises:
        UsageError: --ray without the package. The engine names --processes where too many of them were lost.
    """
    if args.ray:
        on_ray.require()  # before anything is written
        return partial(on_ray.run, address=args.ray, n_processes=args.processes, n_gpus=n_gpus)
    return partial(_in_processes, n_processes=args.processes) if args.processes else None


def _in_processes(
    function: Callable[[Task], Result], tasks: Iterable[Task], n_processes: int
) -> Generator[Result, None, None]:
    with naming(f"--processes {n_processes}", processes.ProcessesLost):
        yield from processes.run(function, tasks, n_processes=n_processes)


def n_cpus() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
