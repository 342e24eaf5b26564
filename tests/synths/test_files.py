"""A file is written whole or not at all, whatever fails."""

import errno
import multiprocessing
import os
import signal
import socket
import stat
import threading

import pytest

from synths import files
from tests import python


def full_disk(monkeypatch):
    def fsync(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_and_bytes_are_written(tmp_path):
    files.write(tmp_path / "a.txt", "grün\n\ud800")
    files.write(tmp_path / "b.bin", b"\0\xff", durable=False)
    assert (tmp_path / "a.txt").read_bytes() == "grün\n\\ud800".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\0\xff"
    assert names(tmp_path) == ["a.txt", "b.bin"]


@pytest.mark.parametrize("at", ["write", "sync"])
def test_a_full_disk_keeps_the_old_file_and_is_named(tmp_path, monkeypatch, at):
    path = tmp_path / "a.txt"
    path.write_text("good")
    if at == "sync":
        full_disk(monkeypatch)
    with pytest.raises(OSError, match="No space left") as failed, files.replacing(path) as temporary:
        temporary.write_text("ha")
        if at == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert failed.value.filename == str(path)
    assert path.read_text() == "good" and names(tmp_path) == ["a.txt"]


def test_an_interrupt_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("good")
    with pytest.raises(KeyboardInterrupt), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "good" and names(tmp_path) == ["a.txt"]


def test_data_is_on_the_disk_before_the_name_is_taken(tmp_path, monkeypatch):
    path, calls = tmp_path / "a.txt", []
    path.write_text("old")
    replace = os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append(("fsync", os.fstat(fd).st_size, path.read_text())))
    monkeypatch.setattr(os, "replace", lambda a, b: calls.append(("replace",)) or replace(a, b))
    files.write(path, "new one")
    assert calls == [("fsync", 7, "old"), ("replace",)] and path.read_text() == "new one"
    calls.clear()
    files.write(path, "newest", durable=False)
    assert calls == [("replace",)]


def test_the_temporary_name_is_one_of_the_process_and_thread(tmp_path):
    path, found = tmp_path / "a.txt", []
    inside, go = threading.Barrier(2, timeout=10), threading.Barrier(2, timeout=10)

    def write(text):
        with files.replacing(path) as temporary:
            found.append(temporary)
            temporary.write_text(text)
            inside.wait()
            assert temporary.read_text() == text
            go.wait()

    threads = [threading.Thread(target=write, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2 and all(t.parent == tmp_path and f"-{os.getpid()}-" in t.name for t in found)
    assert path.read_text() in ("one", "two") and names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name != "posix", reason="modes and signals of POSIX")
def test_the_mode_is_the_one_that_open_gives(tmp_path):
    before = os.umask(0o027)
    try:
        files.write(tmp_path / "ours", "")
        (tmp_path / "opened").write_text("")
    finally:
        os.umask(before)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "opened").stat().st_mode
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == 0o640
    (tmp_path / "ours").chmod(0o600)
    files.write(tmp_path / "ours", "again")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes and signals of POSIX")
def test_what_dead_processes_left_is_removed_and_nothing_else(tmp_path):
    def die(path):
        with files.replacing(path) as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("a.txt", "b.txt"):
        # A fork needs no second import of torch; it is killed before it computes.
        process = multiprocessing.get_context("fork").Process(target=die, args=(tmp_path / name,))
        process.start()
        process.join()
    host, dead = socket.gethostname()[:40], 2**22 + 1  # above any process number of Linux
    alive = [f".a.txt.{host}-{os.getppid()}-1.tmp", ".a.txt.elsewhere-1-1.tmp", f".a.txt.{host}-{dead}-1.txt"]
    for name in alive:
        (tmp_path / name).write_text("")
    assert len(names(tmp_path)) == 5
    files.write(tmp_path / "a.txt", "whole")
    assert [name for name in names(tmp_path) if name not in alive and "b.txt" not in name] == ["a.txt"]
    assert len(names(tmp_path)) == 5
    files.remove_leftovers(tmp_path)
    assert names(tmp_path) == sorted([*alive, "a.txt"])


def test_a_link_is_followed_and_a_device_is_written_to(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    files.write(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"
    files.write(tmp_path / ("ü" * 125 + ".txt"), "long name")
    if os.name == "posix":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        files.write(pipe, "through")
        assert os.read(reader, 99) == b"through" and stat.S_ISFIFO(pipe.stat().st_mode)
        os.close(reader)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as failed:
        files.write(tmp_path / "nowhere" / "a.txt", "")
    assert "nowhere" in str(failed.value.filename)


def test_a_sound_without_room_is_no_fault_of_its_format():
    script = """
import resource, signal
import torch
from synths.files import encoding
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))
encoding.encode(torch.zeros(1 << 16), 16000, "wav")
"""
    ran = python.run(["-c", script])
    assert "OSError: [Errno 27] no room for a sound of 131,072 bytes in memory" in ran.stderr
