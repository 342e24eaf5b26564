"""Progress of long jobs on stderr: a bar with the time left, only on a terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

Item = TypeVar("Item")


def add_quiet(parser: ArgumentParser) -> None:
    """Add --quiet."""
    parser.add_argument("--quiet", action="store_true", help="show no progress, as off a terminal")


def bars(quiet: bool = False, console: Console | None = None, **options: Any) -> Progress:
    """A display for bars: what is done, of how many, and the time left.

    Args:
        quiet: show nothing. Nothing is shown off a terminal either.
        console: where other lines are printed meanwhile (stderr).
        options: see rich's `Progress`; `transient` removes the bars at the end.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = console or Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    left = TimeRemainingColumn(elapsed_when_finished=True)
    return Progress(*columns, left, console=console, disable=quiet or not console.is_terminal, **options)


def track(
    items: Iterable[Item],
    description: str,
    total: float | None = None,
    quiet: bool = False,
    console: Console | None = None,
    **options: Any,
) -> Iterator[Item]:
    """The items, with a bar that advances by one for each; arguments as in `bars`."""
    with bars(quiet, console, **options) as progress:
        yield from progress.track(items, total, description=description)
