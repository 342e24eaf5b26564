"""Runs the points of a sweep with Optuna, several at a time, stoppable and resumable."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock
from typing import Any

from rich.console import Console

from lightning_modules.config_files import option
from lightning_modules.sweeps.point import PointError, train
from lightning_modules.sweeps.report import print_points, shown
from lightning_modules.sweeps.sweep_file import ARGS, Sweep
from synths import files
from synths.progress import bars

N_POINTS = 20  # if neither the command nor the file says how many
_SIGN_OF_LIFE_S = 60  # between two that a running point leaves in the database
_PATIENCE_S = 600  # without one, until a point of another machine is run again


class Runner:
    """Runs the points of a sweep and keeps them in a database.

    Args:
        sweep: what to run.
        storage: URL of the database; None for a file beside the runs.
        n_points: number of points in all; None for that of the file.
        quiet: print no progress; failures and the table remain.
    """

    def __init__(self, sweep: Sweep, storage: str | None = None, n_points: int | None = None, quiet: bool = False):
        import optuna

        from lightning_modules.sweeps.database import database, naming_database

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.sweep, self.naming_database = optuna, sweep, naming_database
        self.folder = Path("runs/sweeps", sweep.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        samplers = optuna.samplers
        self.study = optuna.create_study(
            study_name=f"{sweep.name} {sweep.digest}",
            storage=database(storage or f"sqlite:///{self.folder / 'points.db'}"),
            load_if_exists=True,
            direction="maximize" if sweep.maximize else "minimize",
            sampler=samplers.TPESampler() if sweep.method == "bayes" else samplers.RandomSampler(),
            pruner=optuna.pruners.HyperbandPruner(sweep.min_epochs) if sweep.min_epochs else optuna.pruners.NopPruner(),
        )
        self.n_points = len(sweep.grid()) if sweep.method == "grid" else n_points or sweep.run_cap or N_POINTS
        self.quiet, self.stop, self.lock, self.console = quiet, Event(), Lock(), Console()

    def run(self, n_processes: int) -> bool:
        """Runs all points that are left, `n_processes` at a time; prints the table; whether every point has a value."""
        with self.naming_database():
            return self._run(n_processes)

    def _run(self, n_processes: int) -> bool:
        self._enqueue()
        handlers = {n: signal.signal(n, lambda *_: self.stop.set()) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            with bars(self.quiet, self.console, transient=True) as progress, ThreadPoolExecutor(n_processes) as pool:
                task = progress.add_task("Points", total=self.n_points, completed=self._n_done())

                def on_point() -> None:
                    progress.update(task, completed=self._n_done())

                for worker in [pool.submit(self._work, n_processes, on_point) for _ in range(n_processes)]:
                    worker.result()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        print_points(self.sweep, self._last_tries(), self.folder, self.console)
        n_running = sum(trial.state.name == "RUNNING" for trial in self._last_tries())
        if n_running:
            self.console.print(f"{n_running} points are running in other processes; the last of them prints all")
        return not self.stop.is_set() and all(t.state.name in ("COMPLETE", "PRUNED") for t in self._last_tries())

    def _enqueue(self) -> None:
        """Put the points of a grid on the list, and those that a stopped process has left."""
        if self.sweep.method == "grid":
            for point in self.sweep.grid():
                self.study.enqueue_trial(point, skip_if_exists=True)
        self._take_over()

    def _take_over(self) -> None:
        """Put the points of dead processes back on the list."""
        for trial in self.study.trials:
            if trial.state.name == "RUNNING" and _is_dead(trial.user_attrs):
                # Another process that starts now may have done so; a point that both put on the list runs once.
                self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL, skip_if_finished=True)
                self.study.enqueue_trial(_params(trial))

    def _work(self, n_processes: int, on_point: Callable[[], None]) -> None:
        while not self.stop.is_set() and (trial := self._next()):
            self._train(trial, max((os.cpu_count() or 1) // n_processes, 1))
            on_point()

    def _n_done(self) -> int:
        return sum(trial.state.is_finished() for trial in self._last_tries())

    def _next(self) -> Any:
        """A point to run; None if all are run or running."""
        with self.lock:
            self._take_over()
            while True:
                states = [trial.state.name for trial in self._last_tries()]
                if "WAITING" not in states and (self.sweep.method == "grid" or len(states) >= self.n_points):
                    return None
                trial = self.study.ask()
                trial.set_user_attr("process", f"{socket.gethostname()} {os.getpid()}")
                trial.set_user_attr("seen", time.time())
                if not self._is_doubled(trial.number):
                    self._suggest(trial)
                    return trial
                trial.set_user_attr("doubled", True)
                self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL)

    def _is_doubled(self, number: int) -> bool:
        """Whether two processes have both put this point on the list, or another took the last one on a grid's list."""
        *before, this = self.study.trials[: number + 1]
        if not _params(this):  # not from the list
            return self.sweep.method == "grid"
        states = [trial.state.name for trial in before if _params(trial) == _params(this)]
        return not {"RUNNING", "COMPLETE", "PRUNED"}.isdisjoint(states)

    def _suggest(self, trial: Any) -> None:
        for key, parameter in self.sweep.parameters.items():
            if "min" not in parameter:
                trial.suggest_categorical(key, parameter.get("values") or [parameter["value"]])
                continue
            low, high, kind = parameter["min"], parameter["max"], parameter.get("distribution")
            if kind == "int_uniform" or (kind is None and isinstance(low, int) and isinstance(high, int)):
                trial.suggest_int(key, low, high)
            else:
                trial.suggest_float(key, low, high, log=kind == "log_uniform_values")

    def _train(self, trial: Any, n_threads: int) -> None:
        states = self.optuna.trial.TrialState
        if not self.quiet:
            self.console.print(f"point {trial.number}: {shown(trial.params)}", markup=False)
        value, pruned = None, False

        def report(number: int, value: float) -> bool:
            nonlocal pruned
            trial.report(value, 1 + number)
            pruned = trial.should_prune()
            return not pruned

        def alive() -> None:
            if time.time() - trial.user_attrs["seen"] > _SIGN_OF_LIFE_S:
                trial.set_user_attr("seen", time.time())

        of_point = [option(*pair) for pair in trial.params.items()]
        command = [each for part in self.sweep.command for each in (of_point if part == ARGS else [part])]
        name = f"sweeps/{self.sweep.name}/{trial.number}"
        try:
            value = train(command, name, self.sweep.metric, self.stop, report, alive, n_threads)
        except PointError as error:
            self.console.print(f"point {trial.number} failed: {error}", style="red", markup=False)
            self.study.tell(trial.number, state=states.FAIL, skip_if_finished=True)
            return
        except RuntimeError:  # a sign of life of a point that is finished
            if not self._is_finished(trial):
                raise
        if self._is_finished(trial):  # this process was suspended, say
            self.console.print(f"point {trial.number} was taken over by another process", markup=False)
        elif value is None:  # stopped: another run goes on with this point
            self.study.tell(trial.number, state=states.FAIL)
            self.study.enqueue_trial(trial.params)
        elif pruned:
            self.study.tell(trial.number, state=states.PRUNED)
        else:
            self.study.tell(trial.number, value)

    def _is_finished(self, trial: Any) -> bool:
        return self.study.trials[trial.number].state.is_finished()

    def _last_tries(self) -> list[Any]:
        """The last try of each point."""
        trials = [trial for trial in self.study.trials if not trial.user_attrs.get("doubled")]
        return list({json.dumps(_params(trial), sort_keys=True): trial for trial in trials}.values())


def _params(trial: Any) -> dict[str, Any]:
    """The point of a trial, also of one that waits."""
    return trial.params or trial.system_attrs.get("fixed_params", {})


def _is_dead(attributes: Mapping[str, Any]) -> bool:
    """Whether the process of a point has ended: on another machine, or where the system does not tell, whether it has
    given no sign of life for long.
    """
    host, _, pid = attributes.get("process", "").partition(" ")
    if host != socket.gethostname() or os.name != "posix":
        return time.time() - attributes.get("seen", time.time()) > _PATIENCE_S
    return not (pid.isdecimal() and files.is_alive(int(pid)))
