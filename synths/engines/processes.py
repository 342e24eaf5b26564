"""Tasks in local processes. A process that is killed is replaced, and its task done again."""

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from multiprocessing import connection, resource_tracker
from typing import Any, TypeVar

from synths.command_line.allocator import keep_memory
from synths.command_line.usage import UsageError

Task = TypeVar("Task")
Result = TypeVar("Result")
_N_TRIES = 3
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class ProcessesLost(MemoryError):
    """Every process that was given one task was killed; fewer processes leave more memory to each."""


def run(function: Callable[[Task], Result], tasks: Iterable[Task], n_processes: int) -> Generator[Result, None, None]:
    """The results of tasks, in the order in which they are done.

    Every process computes with one thread, and gets the function once, with what is bound to it. When the caller
    stops, or dies, so do the processes.

    Args:
        function: a function of a module, or a `functools.partial` of one.
        tasks: its arguments.
        n_processes: number of processes.

    Raises:
        UsageError: the function cannot be sent to a process.
        ProcessesLost: the processes that were given one task were killed three times.
        Exception: what `function` raises.
    """
    waiting, workers, sent = iter(tasks), {}, _packed(function)
    try:
        for task in waiting:
            worker = _Worker(sent, task)
            workers[worker.connection] = worker
            if len(workers) == n_processes:
                break
        while workers:
            for ready in connection.wait(list(workers)):
                worker = workers[ready]
                try:
                    answer = worker.connection.recv()
                except (EOFError, ConnectionError):
                    del workers[ready]
                    worker = worker.replaced()
                    workers[worker.connection] = worker
                    continue
                if answer is None:  # it has started
                    worker.begin()
                    continue
                result, error = answer
                if error:
                    raise error
                try:
                    worker.give(next(waiting))
                except StopIteration:
                    workers.pop(ready).end()
                yield result
    finally:
        for worker in workers.values():
            worker.end()


class _Worker:
    """A process and the task that it was given."""

    def __init__(self, function: bytes, task: Any, n_lost: int = 0):
        self.function, self.task, self.n_lost = function, task, n_lost
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _interrupts_for_us_alone():
            self.process.start()
        theirs.close()

    def begin(self) -> None:
        with suppress(ConnectionError):
            self.connection.send_bytes(self.function)
        self.give(self.task, self.n_lost)

    def give(self, task: Any, n_lost: int = 0) -> None:
        self.task, self.n_lost = task, n_lost
        with suppress(ConnectionError):  # it is dead, as its connection will show
            self.connection.send(task)

    def replaced(self) -> "_Worker":
        self.end()
        if self.n_lost + 1 == _N_TRIES:
            raise ProcessesLost(
                f"a process was killed {_N_TRIES} times (exit code {self.process.exitcode}), out of memory perhaps: "
                "use fewer processes"
            )
        return _Worker(self.function, self.task, self.n_lost + 1)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def _work(tasks: connection.Connection) -> None:
    """What a process does: tasks, until there are none or the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_memory()
    os.environ.update(_ONE_THREAD)  # read when torch is imported
    import torch

    torch.set_num_threads(1)  # the main module, which a new process imports first, may have imported torch
    with suppress(EOFError, ConnectionError):  # the parent is gone
        tasks.send(None)
        function = partial(_unpacked, tasks.recv_bytes())
        while True:
            tasks.send(_answer(function, tasks.recv()))


def _packed(function: Callable[[Any], Any]) -> bytes:
    try:
        return pickle.dumps(function)
    except Exception as error:  # a class of its own may fail in any way
        raise UsageError(f"cannot be sent to other processes: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=1)
def _loaded(function: bytes) -> Callable[[Any], Any]:
    return pickle.loads(function)


def _unpacked(function: bytes, task: Any) -> Any:
    return _loaded(function)(task)


def _answer(function: Callable[[Any], Any], task: Any) -> tuple[Any, Exception | None]:
    """A result, or an error."""
    try:
        return function(task), None
    except Exception as error:
        if not isinstance(error, (UsageError, OSError, ValueError, MemoryError)):
            traceback.print_exc()
        return None, _plain(error)


def _plain(error: Exception) -> Exception:
    """The error, or one with its text if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # a class of its own may fail in any way; its text is kept
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _interrupts_for_us_alone() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal. Those that are started here never get it: the caller ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it lets interrupts through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
