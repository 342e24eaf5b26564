"""Tasks on a Ray cluster. Ray does the task of a worker that is lost again."""

import importlib
import os
import socket
import tempfile
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from synths.command_line.allocator import keep_memory
from synths.command_line.usage import UsageError, naming

Task = TypeVar("Task")
Result = TypeVar("Result")
_N_AHEAD = 4  # tasks that wait for each CPU
_PATIENCE_S = 10  # for a cluster to answer; Ray itself says nothing for a minute and may end the process then


def require() -> Any:
    """The package ray.

    Raises:
        UsageError: it is missing.
    """
    with naming("--ray needs ray; pip install 'doppelganger-audio[ray]'", ImportError):
        return importlib.import_module("ray")


def run(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    address: str,
    n_processes: int | None = None,
    n_gpus: int = 0,
) -> Generator[Result, None, None]:
    """The results of tasks, in the order in which they are done.

    Every worker computes with one thread, in the working directory of this process, so that relative paths are the
    same.

    Args:
        function: a function of a module that all machines have.
        tasks: its arguments.
        address: of the cluster, such as "ray://host:10001" or "auto"; "local" starts one on this machine.
        n_processes: CPUs of a local cluster; most tasks at once on another one. Without it, all there are.
        n_gpus: GPUs that a task needs.

    Raises:
        UsageError: no Ray, no cluster that answers, a machine without the working directory, or a worker was lost
            again and again.
        Exception: what `function` raises.
    """
    ray = require()
    options: dict[str, Any] = {} if "://" in address else {"log_to_driver": False, "logging_level": "ERROR"}
    options |= {"include_dashboard": False, "num_cpus": n_processes} if address == "local" else {}
    with naming(f"--ray {address}", Exception):  # Ray raises bare ones, for a node that did not start in time say
        _require_answer(os.environ.get("RAY_ADDRESS") or _newest_cluster() if address == "auto" else address)
        ray.init(address=address, **options)
    try:
        remote = ray.remote(num_cpus=1, num_gpus=n_gpus, max_retries=3)(_work)
        waiting, folder = iter(tasks), os.getcwd()
        sent = ray.put(function)  # with what is bound to it, once per machine
        n_cpus = int(ray.cluster_resources().get("CPU", 1))
        n_ahead = n_processes if n_processes and address != "local" else _N_AHEAD * n_cpus
        running = [remote.remote(sent, folder, task) for task in islice(waiting, n_ahead)]
        while running:
            (done,), running = ray.wait(running, num_returns=1)
            try:
                result = ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError as error:
                reason = str(error).strip().splitlines()[0]
                raise UsageError(f"--ray {address}: {reason} The same command goes on") from error
            running += [remote.remote(sent, folder, task) for task in islice(waiting, 1)]
            yield result
    finally:
        ray.shutdown()


def _newest_cluster() -> str:
    """Address of the newest cluster of this machine, which "auto" means to Ray, whether it runs or died; or empty."""
    path = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir(), "ray", "ray_current_cluster")
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _require_answer(address: str) -> None:
    """Check that somebody answers at an address with a port.

    Raises:
        ConnectionError: nobody does.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_S).close()
    except (OSError, OverflowError) as error:  # a port above 65535
        reason = f"{error}; is the cluster running, and is this its address?"
        raise ConnectionError(f"nobody answers at {host}, port {port}: {reason}") from error


def _work(function: Callable[[Any], Any], folder: str, task: Any) -> Any:
    import torch

    try:
        os.chdir(folder)  # a worker starts where its machine joined the cluster
    except OSError as error:
        where = f"{folder}, in which the command runs, on {socket.gethostname()}: {error.strerror}"
        raise UsageError(f"--ray: {where}; run it in a folder that all machines see") from error
    keep_memory()
    torch.set_num_threads(1)
    return function(task)
