"""Trains the points of a sweep, several at a time; a stopped sweep goes on where it was."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from rich.console import Console

from lightning_modules.configuration.files import option
from lightning_modules.sweeps.point import PointError, train
from lightning_modules.sweeps.report import print_points, shown
from lightning_modules.sweeps.sweep_file import ARGS, Sweep
from synths.command_line.progress import bars


class Runner:
    """Runs the points of a sweep and keeps them in a database.

    Args:
        sweep: what to run.
        storage: URL of the database; None for a file beside the runs.
        n_points: number of points in all; None for that of the file.
        quiet: print no progress; failures and the table remain.
    """

    def __init__(self, sweep: Sweep, storage: str | None = None, n_points: int | None = None, quiet: bool = False):
        from lightning_modules.sweeps.points import Points  # needs Optuna

        self.sweep, self.folder = sweep, Path("runs/sweeps", sweep.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.points = Points(sweep, self.folder, storage, n_points)
        self.quiet, self.stop, self.console = quiet, Event(), Console()

    def run(self, n_processes: int) -> bool:
        """Runs all points that are left, `n_processes` at a time; prints the table; whether every point has a value."""
        from lightning_modules.sweeps.database import naming_database

        with naming_database():
            self.points.enqueue()
            self._run(n_processes)
            return self._report()

    def _run(self, n_processes: int) -> None:
        handlers = {n: signal.signal(n, lambda *_: self.stop.set()) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            with bars(self.quiet, self.console, transient=True) as progress, ThreadPoolExecutor(n_processes) as pool:
                task = progress.add_task("Points", total=self.points.n_points, completed=self._n_done())

                def on_point() -> None:
                    progress.update(task, completed=self._n_done())

                for worker in [pool.submit(self._work, n_processes, on_point) for _ in range(n_processes)]:
                    worker.result()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _report(self) -> bool:
        """Prints the points; whether every point has a value."""
        tries = self.points.last_tries()
        print_points(self.sweep, tries, self.folder, self.console)
        n_running = sum(trial.state.name == "RUNNING" for trial in tries)
        if n_running:
            self.console.print(f"{n_running} points are running in other processes; the last of them prints all")
        return not self.stop.is_set() and all(trial.state.name in ("COMPLETE", "PRUNED") for trial in tries)

    def _n_done(self) -> int:
        return sum(trial.state.is_finished() for trial in self.points.last_tries())

    def _work(self, n_processes: int, on_point: Callable[[], None]) -> None:
        while not self.stop.is_set() and (trial := self.points.next()):
            self._train(trial, max((os.cpu_count() or 1) // n_processes, 1))
            on_point()

    def _train(self, trial: Any, n_threads: int) -> None:
        points = self.points
        if not self.quiet:
            self.console.print(f"point {trial.number}: {shown(trial.params)}", markup=False)
        value, pruned = None, False

        def report(number: int, value: float) -> bool:
            nonlocal pruned
            trial.report(value, 1 + number)
            pruned = trial.should_prune()
            return not pruned

        def alive() -> None:
            points.give_sign_of_life(trial)

        name = f"sweeps/{self.sweep.name}/{trial.number}"
        try:
            value = train(self._command(trial), name, self.sweep.metric, self.stop, report, alive, n_threads)
        except PointError as error:
            self.console.print(f"point {trial.number} failed: {error}", style="red", markup=False)
            points.fail(trial)
            return
        except RuntimeError:  # a sign of life of a point that is finished
            if not points.is_finished(trial):
                raise
        if points.is_finished(trial):  # this process was suspended, say
            self.console.print(f"point {trial.number} was taken over by another process", markup=False)
        elif value is None:  # stopped: another run goes on with this point
            points.put_back(trial)
        elif pruned:
            points.prune(trial)
        else:
            points.complete(trial, value)

    def _command(self, trial: Any) -> list[str]:
        """The sweep's command with the point's options in place of ARGS."""
        command = []
        for part in self.sweep.command:
            command += [option(*pair) for pair in trial.params.items()] if part == ARGS else [part]
        return command
