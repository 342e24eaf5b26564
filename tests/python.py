"""Python commands in processes of their own, forked from one that has imported torch, Lightning and timm.

These imports take some fifteen seconds, more than most of what the commands do. No module of ours is imported before.
"""

import atexit
import multiprocessing
import os
import random
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import IO, Any, cast

import torch

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.imported_before_forks", "tests.python"])


class Process:
    """`python ARGUMENTS`, where arguments begin with a file, -m MODULE or -c CODE.

    Methods are those of subprocess.Popen. Whatever it prints goes to these files, or nowhere.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        cwd: Path | str | None = None,
        env: Mapping[str, str] | None = None,
        stdout: IO | None = None,
        stderr: IO | None = None,
        new_session: bool = False,
    ):
        words = [str(argument) for argument in arguments]
        outputs = [file.name if file else os.devnull for file in (stdout, stderr)]
        given = (words, str(cwd or Path.cwd()), dict(env or os.environ), outputs, new_session)
        self._process = _CONTEXT.Process(target=_execute, args=given)
        self._process.start()
        self.pid = cast(int, self._process.pid)  # it has been started

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    arguments: Sequence[object],
    cwd: Path | str | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS` with what it printed, as subprocess.run."""
    with tempfile.NamedTemporaryFile("r") as stdout, tempfile.NamedTemporaryFile("r") as stderr:
        process = Process(arguments, cwd, env, stdout, stderr)
        try:
            code = process.wait(300)
        finally:
            process.kill()
        return subprocess.CompletedProcess(list(map(str, arguments)), code, stdout.read(), stderr.read())


class Workers:
    """For multiprocessing's context "spawn": forks with this process's environment, where that makes interpreters."""

    Pipe = _CONTEXT.Pipe

    @staticmethod
    def Process(target: Callable[..., None], args: tuple[Any, ...], daemon: bool) -> BaseProcess:
        return _CONTEXT.Process(target=_call, args=(dict(os.environ), target, args), daemon=daemon)


def _call(env: dict[str, str], function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(env)
    function(*arguments)


def _execute(arguments: list[str], cwd: str, env: dict[str, str], outputs: list[str], new_session: bool) -> None:
    """What an interpreter does with its arguments."""
    if new_session:
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it
    for stream, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    torch.set_num_threads(int(env.get("OMP_NUM_THREADS", torch.get_num_threads())))
    random.seed()
    first, *rest = arguments
    folder = {"-c": "", "-m": cwd}.get(first, str(Path(first).parent.absolute()))
    given = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    installed = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix, "__editable__"))]
    sys.path[:] = [folder, *given, *installed]
    try:
        if first == "-c":
            sys.argv = ["-c", *rest[1:]]
            main = sys.modules["__main__"] = ModuleType("__main__")
            exec(rest[0], main.__dict__)
        elif first == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(first, run_name="__main__")
    finally:
        atexit._run_exitfuncs()
