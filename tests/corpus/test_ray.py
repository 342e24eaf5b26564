"""A local Ray cluster makes the same corpus, whatever happens to its workers."""

import errno
import importlib.util
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from synths.command_line.usage import UsageError
from synths.engines import on_ray
from tests.corpus import dying
from tests.corpus.corpora import FLAGS, contents, made, stopped


def test_without_ray_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    message = stopped("render", "voice", "--out", tmp_path / "new", *FLAGS, "--ray", "local")
    assert "--ray needs ray; pip install 'doppelganger-audio[ray]'" in message
    assert not list(tmp_path.glob("new/*"))


def test_a_local_cluster_makes_the_same_corpus(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    synth = "tests.corpus.dying_voice:DyingVoice"
    made(tmp_path / "here", synth=synth)
    monkeypatch.setenv(dying.MARK, str(tmp_path / "mark"))  # a worker dies
    made(tmp_path / "ray", synth=synth, engine=partial(on_ray.run, address="local", n_processes=2))
    assert (tmp_path / "mark").exists()
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")


def test_errors_of_workers_are_those_of_the_function(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(OSError, match="No space left on device") as error:
        list(on_ray.run(dying.fails, [tmp_path / "full"], "local", 1))
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(tmp_path / "full"))


@pytest.fixture
def cluster(tmp_path):
    """The address of a cluster whose machine joined it in a folder of its own."""
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (tmp_path / "joined").mkdir()
    start = ["-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus=1", "--include-dashboard=false"]
    command = [sys.executable, *start, "--node-ip-address=127.0.0.1", f"--port={address.rpartition(':')[2]}"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path / "joined", stdout=log, stderr=log)
    try:
        while "Ray runtime started" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def test_workers_are_in_the_folder_of_the_command(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(on_ray.run(Path.resolve, [Path("here")], cluster)) == [tmp_path / "here"]
    monkeypatch.setattr("os.getcwd", lambda: str(tmp_path / "elsewhere"))  # on this machine alone
    with pytest.raises(
        UsageError, match=r"elsewhere, in which the command runs, on .*: No such file or directory; run"
    ):
        list(on_ray.run(Path.resolve, [Path("here")], cluster))


@pytest.mark.parametrize("auto", ["RAY_ADDRESS", "file"])
@pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "127.0.0.1:99999", "auto"])
def test_a_cluster_that_does_not_answer_is_one_line_at_once(address, auto, tmp_path, monkeypatch):
    if "ray" not in sys.modules and importlib.util.find_spec("ray") is None:
        monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))  # it is not reached
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens there
        port = free.getsockname()[1]
        if auto == "file":  # what a cluster leaves that died
            monkeypatch.delenv("RAY_ADDRESS", raising=False)
            monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
            (tmp_path / "ray").mkdir()
            (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{port}")
        else:
            monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
        start = time.monotonic()
        message = stopped("render", "voice", "--out", tmp_path / "new", *FLAGS, "--ray", address.format(port))
    assert "nobody answers at 127.0.0.1, port" in message and time.monotonic() - start < 10


def test_no_cluster_is_one_line(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # clusters of other commands are none of ours
    message = stopped("render", "voice", "--out", tmp_path / "new", *FLAGS, "--ray", "auto")
    assert "--ray auto: " in message
