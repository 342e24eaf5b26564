"""A corpus survives kills, lost processes and full disks: it is valid, and ends as if nothing had happened."""

import errno
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from argparse import Namespace
from functools import partial
from pathlib import Path

import pytest
import torch

from synths.command_line.usage import UsageError
from synths.corpus import shards
from synths.corpus.manifest import Manifest
from synths.corpus.verification import check_files
from synths.corpus.writing import write
from synths.engines import engine_of, processes
from synths.files import json_lines
from tests.corpus import dying
from tests.corpus.corpora import FLAGS, N, contents, head, made, members, stopped

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
# A fork needs no second import of torch. It may compute with one thread.
FORK = multiprocessing.get_context("fork")


class Steps:
    """Counts what a corpus writes, and does something half through step number `last`."""

    def __init__(self, last: int | None, act):
        self.n, self.last, self.act = 0, last, act

    def watch(self, monkeypatch, manifest: Path) -> None:
        write, line, replace = shards._HashedFile.write, json_lines.line, os.replace

        def half_a_line(value):
            with manifest.open("ab") as lines:
                lines.write(line(value)[:50])

        def watched_write(file, data):
            self.step(lambda: file.file.write(data[:99]))
            return write(file, data)

        def watched_line(value):
            self.step(lambda: half_a_line(value) if manifest.exists() else None)
            return line(value)

        def watched_replace(old, new):
            self.step(lambda: None)
            replace(old, new)

        monkeypatch.setattr(shards._HashedFile, "write", watched_write)
        monkeypatch.setattr(json_lines, "line", watched_line)
        monkeypatch.setattr(os, "replace", watched_replace)

    def step(self, half) -> None:
        if self.n == self.last:
            half()
            self.act()
        self.n += 1


def valid(folder: Path) -> bool:
    """Whether all shards of the manifest are whole."""
    return not [name for name, wrong in check_files(Manifest(folder)) if wrong not in ("", "is not in the manifest")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    made(folder)
    return contents(folder)


@pytest.fixture(scope="module")
def n_steps(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        (steps := Steps(None, None)).watch(patch, Path())
        made(tmp_path_factory.mktemp("counted"))
    return steps.n


def test_a_run_that_is_killed_ten_times_ends_with_the_same_bytes(tmp_path, whole, n_steps, monkeypatch):
    def killed(last: int) -> None:
        torch.set_num_threads(1)
        Steps(last, dying.die).watch(monkeypatch, tmp_path / "manifest.jsonl")
        made(tmp_path)

    drawn, n_killed = random.Random(0), 0
    for _ in range(10):
        process = FORK.Process(target=killed, args=(drawn.randrange(n_steps // 4),))
        process.start()
        process.join(60)
        n_killed += process.exitcode == -signal.SIGKILL
        assert process.exitcode in (0, -signal.SIGKILL)
        if (tmp_path / "manifest.jsonl").exists():
            assert valid(tmp_path)
    assert n_killed >= 5
    made(tmp_path)
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("share", [0.02, 0.05, 0.3, 0.5, 0.8, 0.99])
def test_a_full_disk_leaves_a_valid_corpus_that_goes_on(tmp_path, whole, n_steps, monkeypatch, share):
    def full():
        raise OSError(*FULL.args)

    with monkeypatch.context() as patch:
        Steps(int(share * n_steps), full).watch(patch, tmp_path / "manifest.jsonl")
        with pytest.raises(OSError, match="No space left") as error:
            made(tmp_path)
    assert error.value.filename.startswith(str(tmp_path))
    assert not list(tmp_path.glob(".*")) and (not list(tmp_path.iterdir()) or valid(tmp_path))
    made(tmp_path)
    assert contents(tmp_path) == whole


def test_a_driver_that_stops_before_its_first_shard_leaves_the_manifest_to_the_others(tmp_path, whole):
    drivers = [write(tmp_path, head(), N) for _ in range(2)]
    assert [next(driver) for driver in drivers] == [0, 0]
    with pytest.raises(KeyboardInterrupt):
        drivers[0].throw(KeyboardInterrupt)
    assert list(drivers[1]) and contents(tmp_path) == whole


@pytest.mark.parametrize("links", [True, False])
def test_of_two_recipes_in_a_new_folder_one_is_refused(tmp_path, whole, links, monkeypatch):
    if not links:  # a disk that has none
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EPERM, "no links")))
    both = [Manifest(tmp_path) for _ in range(2)]  # both see that nothing is there
    both[0].open(head(), N)
    with pytest.raises(ValueError, match="holds a corpus with seed 0, not 9"):
        both[1].open(head(seed=9), N)
    made(tmp_path)
    assert contents(tmp_path) == whole


def test_a_manifest_without_a_first_line_is_named(tmp_path):
    (tmp_path / "manifest.jsonl").write_text("{")
    with pytest.raises(ValueError, match=r"manifest.jsonl has no first line; remove it"):
        Manifest(tmp_path).open(head(), N)


@pytest.mark.usefixtures("forked_workers")
def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    run, path = processes.run, tmp_path / "shard-000000.tar"
    monkeypatch.setattr(processes, "run", lambda *_, n_processes: run(dying.fails, [path], n_processes))
    message = stopped("render", "voice", "--out", tmp_path, *FLAGS, "--processes", "1")
    assert f"--out {tmp_path}: No space left on device: {tmp_path}/shard-000000.tar" in message
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]


@pytest.mark.usefixtures("forked_workers")
def test_a_lost_process_is_replaced_and_loses_nothing(tmp_path):
    paths = [tmp_path / str(number) for number in range(3)]
    assert sorted(processes.run(dying.once, paths, n_processes=1)) == ["0", "1", "2"]


@pytest.mark.usefixtures("forked_workers")
def test_a_task_that_kills_every_process_ends_in_one_line(tmp_path):
    engine = engine_of(Namespace(ray=None, processes=1))
    with pytest.raises(UsageError, match=r"^--processes 1: a process was killed 3 times \(exit code -9\)") as stopped:
        list(engine(dying.always, [tmp_path]))
    library = stopped.value.__cause__
    assert isinstance(library, MemoryError) and "use fewer processes" in str(library) and "--" not in str(library)


@pytest.mark.usefixtures("forked_workers")
def test_a_shard_whose_process_dies_is_made_by_another(tmp_path, monkeypatch):
    synth = "tests.corpus.dying_voice:DyingVoice"
    made(tmp_path / "calm", n=9, synth=synth)
    monkeypatch.setenv(dying.MARK, str(tmp_path / "mark"))
    made(tmp_path / "lost", n=9, synth=synth, engine=partial(processes.run, n_processes=1))
    assert (tmp_path / "mark").exists()
    assert contents(tmp_path / "calm") == contents(tmp_path / "lost")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_takes_its_processes_along_and_goes_on(tmp_path, how, code):
    arguments = ["render", "voice", "--out", str(tmp_path / "corpus"), *FLAGS, "-n", "4000"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it, and so would we
    process = subprocess.Popen(
        [sys.executable, "-m", "synths", *arguments, "--processes", "1"], stderr=subprocess.PIPE, start_new_session=True
    )
    first = tmp_path / "corpus" / "shard-000000.tar"
    deadline = time.monotonic() + 120
    while len(json_lines.whole_lines(tmp_path / "corpus" / "manifest.jsonl")) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(random.random() / 5)
    # Ctrl-C in a terminal goes to all processes.
    os.killpg(process.pid, how) if how == signal.SIGINT else process.send_signal(how)
    started = time.monotonic()
    _, said = process.communicate(timeout=60)  # until all processes that share the pipe are gone
    assert process.returncode == code and time.monotonic() - started < 30
    assert said.decode() == ("stopped\n" if how == signal.SIGINT else "")
    if how != signal.SIGKILL:
        assert not list((tmp_path / "corpus").glob(".*"))
    assert valid(tmp_path / "corpus")
    corpus, n = Manifest(tmp_path / "corpus"), len(Manifest(tmp_path / "corpus").shards)
    assert 0 < n < 500 and corpus.n_sounds is None
    labels = [json.loads(data) for name, data in members(first).items() if name.endswith("json")]
    assert [label["index"] for label in labels] == list(range(8))
