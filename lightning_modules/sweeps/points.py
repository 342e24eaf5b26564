"""The points of a sweep in a database that processes share: which one is next, and what came of each."""

import json
import math
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import optuna
from optuna.trial import Trial, TrialState

from lightning_modules.sweeps.database import database
from lightning_modules.sweeps.sweep_file import Sweep, values_of
from synths import files

_SIGN_OF_LIFE_S = 60  # between two that a running point leaves in the database
_PATIENCE_S = 600  # without one, until a point is run again


class Points:
    """The points of a sweep, which several processes, also of several machines, take from one database.

    Args:
        sweep: what to run.
        folder: folder of the sweep's runs.
        storage: URL of the database; None for a file in the folder.
        n_points: number of points in all; None for that of the sweep's file.

    Raises:
        UsageError: no such database, or no driver for it.
    """

    def __init__(self, sweep: Sweep, folder: Path, storage: str | None = None, n_points: int | None = None):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers, pruners = optuna.samplers, optuna.pruners
        self.sweep, self.n_points, self.lock = sweep, sweep.n_points(n_points), Lock()
        self.study = optuna.create_study(
            study_name=f"{sweep.name} {sweep.digest}",
            storage=database(storage or f"sqlite:///{folder / 'points.db'}"),
            load_if_exists=True,
            direction="maximize" if sweep.maximize else "minimize",
            sampler=samplers.TPESampler() if sweep.method == "bayes" else samplers.RandomSampler(),
            pruner=pruners.HyperbandPruner(sweep.min_epochs) if sweep.min_epochs else pruners.NopPruner(),
        )

    def enqueue(self) -> None:
        """Put the points of a grid on the list, those that failed, and those that a stopped process has left."""
        for trial in self.last_tries():
            if trial.state == TrialState.FAIL:  # of a full disk, say
                self._enqueue_again(trial)
        if self.sweep.method == "grid":
            for point in self.sweep.grid():
                self.study.enqueue_trial(point, skip_if_exists=True)
        self._take_over()

    def next(self) -> Trial | None:
        """A point to run; None if all are run or running."""
        with self.lock:
            self._take_over()
            while True:
                states = [trial.state for trial in self.last_tries()]
                if TrialState.WAITING not in states and (self.sweep.method == "grid" or len(states) >= self.n_points):
                    return None
                trial = self.study.ask()
                trial.set_user_attr("process", f"{socket.gethostname()} {os.getpid()}")
                trial.set_user_attr("seen", time.time())
                if not self._is_doubled(trial.number):
                    self._suggest(trial)
                    return trial
                trial.set_user_attr("doubled", True)
                self.study.tell(trial.number, state=TrialState.FAIL)

    def give_sign_of_life(self, trial: Trial) -> None:
        """Show other machines that a point is still running.

        Raises:
            RuntimeError: it is finished.
        """
        if time.time() - trial.user_attrs["seen"] > _SIGN_OF_LIFE_S:
            trial.set_user_attr("seen", time.time())

    def complete(self, trial: Trial, value: float) -> None:
        """The value of a point that ran to its end; NaN, of a training that diverged, counts as the worst."""
        worst = -math.inf if self.sweep.maximize else math.inf
        self.study.tell(trial.number, worst if math.isnan(value) else value)

    def prune(self, trial: Trial) -> None:
        """The point fell behind, and its training was ended early."""
        self.study.tell(trial.number, state=TrialState.PRUNED)

    def fail(self, trial: Trial) -> None:
        """The training of a point failed."""
        self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def put_back(self, trial: Trial) -> None:
        """The training of a point was stopped: put it back on the list."""
        self.study.tell(trial.number, state=TrialState.FAIL)
        self._enqueue_again(self.study.trials[trial.number])

    def is_finished(self, trial: Trial) -> bool:
        """Whether a point has an outcome, also one that another process gave it."""
        return self.study.trials[trial.number].state.is_finished()

    def last_tries(self) -> list[Any]:
        """The last try of each point."""
        trials = [trial for trial in self.study.trials if not trial.user_attrs.get("doubled")]
        return list({self._point(trial): trial for trial in trials}.values())

    def _point(self, trial: Any) -> str | int:
        """What a point has and no other: its values in a grid, else the number of its first try, since two samples may
        have the same values.
        """
        if self.sweep.method == "grid":
            return json.dumps(_params(trial), sort_keys=True)
        return trial.user_attrs.get("first_try", trial.number)

    def _enqueue_again(self, trial: Any) -> None:
        first_try = trial.user_attrs.get("first_try", trial.number)
        self.study.enqueue_trial(_params(trial), user_attrs={"first_try": first_try})

    def _take_over(self) -> None:
        """Put the points of dead processes back on the list."""
        for trial in self.study.trials:
            if trial.state != TrialState.RUNNING or not trial.datetime_start:  # a running one has a start
                continue
            if _is_dead({"seen": trial.datetime_start.timestamp(), **trial.user_attrs}):
                # Another process that starts now may have done so; a point that both put on the list runs once.
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
                self._enqueue_again(trial)

    def _is_doubled(self, number: int) -> bool:
        """Whether two processes have both put this point on the list, or another took the last one on a grid's list."""
        *before, this = self.study.trials[: number + 1]
        if self.sweep.method == "grid" and not _params(this):  # not from the list
            return True
        states = [trial.state for trial in before if self._point(trial) == self._point(this)]
        return not {TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED}.isdisjoint(states)

    def _suggest(self, trial: Trial) -> None:
        """Choose the values of a point."""
        for key, parameter in self.sweep.parameters.items():
            if values := values_of(parameter):
                trial.suggest_categorical(key, values)
                continue
            low, high, kind = parameter["min"], parameter["max"], parameter.get("distribution")
            if kind == "int_uniform" or (kind is None and isinstance(low, int) and isinstance(high, int)):
                trial.suggest_int(key, low, high)
            else:
                trial.suggest_float(key, low, high, log=kind == "log_uniform_values")


def _params(trial: Any) -> dict[str, Any]:
    """The point of a trial, also of one that waits, or whose process was killed while it took the values over."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def _is_dead(attributes: Mapping[str, Any]) -> bool:
    """Whether the process of a point has ended, as this machine knows, or has given no sign of life for long.

    In a container that is started again, another process has its number. A process takes moments to write its number:
    where it is missing, the process was killed before.
    """
    patience_s = _PATIENCE_S if "process" in attributes else _SIGN_OF_LIFE_S
    if time.time() - attributes.get("seen", time.time()) > patience_s:
        return True
    host, _, pid = attributes.get("process", "").partition(" ")
    if host != socket.gethostname() or os.name != "posix":
        return False
    return not (pid.isdecimal() and files.is_alive(int(pid)))
