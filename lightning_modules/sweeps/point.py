"""One point of a sweep: a training in a process of its own, whose metric is read while it runs."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import IO

from lightning_modules.sweeps import with_parent
from synths.files import new_folder

_POLL_S = 0.5


class PointError(Exception):
    """A training that failed, or that logged no such metric."""


def train(
    command: Sequence[str],
    name: str,
    metric: str,
    stop: Event,
    report: Callable[[int, float], bool],
    alive: Callable[[], None],
    n_threads: int,
) -> float | None:
    """Runs a training into a new folder, runs/NAME; where this process is killed, so is the training.

    Args:
        command: arguments of the process; --name is added.
        name: name of the run; it gets a number where another sweep of the same name has it.
        metric: column of metrics.csv.
        stop: when set, the training is ended.
        report: called with the number and the value of each validation; False ends the training early.
        alive: called twice a second while the training runs.
        n_threads: threads of the process, where OMP_NUM_THREADS is not set.

    Returns:
        the last value of the metric; None, if it was stopped.

    Raises:
        PointError: the training failed, with the last line of its log, or logged no such metric.
    """
    wanted = Path(name)
    name = (wanted.parent / new_folder(Path("runs", wanted.parent), wanted.name)).as_posix()
    folder = Path("runs", name)
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        process = _started([*command, f"--name={name}"], log, n_threads)
        try:
            values, n_reported, ended = [], 0, False
            while not ended:
                ended = _ended(process, stop)
                alive()
                values = _values(folder, metric)
                for number in range(n_reported, len(values)):
                    if not report(number, values[number]):
                        return values[-1]
                n_reported = max(n_reported, len(values))  # the logger rewrites the file for a new column
        finally:
            _end(process)
    if stop.is_set():
        return None
    if process.returncode:
        lines = (folder / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise PointError(f"{lines[-1] if lines else 'no message'} ({folder / 'log.txt'})")
    if not values:
        raise PointError(f"metric {metric} was never logged ({folder / 'log.txt'})")
    return values[-1]


def _started(command: Sequence[str], log: IO[str], n_threads: int) -> subprocess.Popen:
    """A training, as a process that leads a group of its own; on Linux it gets SIGTERM when this process dies."""
    if sys.platform == "linux":
        command = [sys.executable, with_parent.__file__, str(os.getpid()), *command]
    environment = {"OMP_NUM_THREADS": str(n_threads), **os.environ}
    return subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)


def _ended(process: subprocess.Popen, stop: Event) -> bool:
    """Whether the process has ended, after a short wait, or is to end."""
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return stop.is_set()
    return True


def _end(process: subprocess.Popen) -> None:
    """SIGTERM, as a cluster sends it: the training writes a checkpoint; then SIGKILL. Windows has no such signals."""
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return
    for sent, patience_s in ((signal.SIGTERM, 30), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        os.killpg(process.pid, sent)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue


def _values(folder: Path, metric: str) -> list[float]:
    """The metric after each validation so far."""
    values = []
    for path in folder.glob("*/metrics.csv"):
        whole = path.read_text(encoding="utf-8").rpartition("\n")[0]  # the last line may be half written
        values += [float(row[metric]) for row in csv.DictReader(whole.splitlines()) if row.get(metric)]
    return values
