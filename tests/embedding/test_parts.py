"""A folder is embedded in parts: what an interrupted run has made is kept, and the table is that of one run."""

import os
import shutil
import signal
from functools import partial

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from doppelganger.__main__ import main
from doppelganger.embedding import parts
from tests import python
from tests.embedding import counting

N, N_FILES = 11, 3
# Making the encoder takes two windows, the first two parts five, since one of their files is no sound.
TWO_PARTS = 2 + 5
ENCODER = "tests.embedding.counting:Counting"
SMALL_PARTS = f"from doppelganger.embedding import parts; parts.N_FILES = {N_FILES}"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "N_FILES", N_FILES)


@pytest.fixture
def sounds(tmp_path):
    folder = tmp_path / "sounds"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(N):
        soundfile.write(folder / f"{i:02d}.wav", rng.uniform(-0.5, 0.5, 4000), 8000, subtype="FLOAT")
    (folder / "05.wav").write_bytes(b"no sound")
    return folder


def run(sounds, out, *arguments):
    main(["embed", str(sounds), "--encoder", ENCODER, "--out", str(out), *arguments])


def rows(out):
    """Path -> embedding, both computed here from the files."""
    table = pq.read_table(out)
    assert table["path"].to_pylist() == sorted(set(table["path"].to_pylist()))
    return dict(zip(table["path"].to_pylist(), table["embedding"].to_pylist(), strict=True))


def expected(sounds):
    found = {}
    for path in sorted(sounds.iterdir()):
        if path.stat().st_size > 100:
            sound = soundfile.read(path)[0]
            found[path.name] = pytest.approx([sound.mean(), np.square(sound).mean()], abs=1e-6)
    return found


def killed(sounds, out, log, at, *arguments):
    """Run the command in a process that is killed after some windows."""
    code = f"{SMALL_PARTS}; from doppelganger.__main__ import main; main()"
    command = ["-c", code, "embed", sounds, "--encoder", ENCODER, "--out", out, *arguments]
    environment = os.environ | {counting.LOG: str(log), counting.KILL_AT: str(at)}
    return python.run(command, env=environment).returncode


def test_a_killed_run_goes_on_and_makes_nothing_twice(sounds, tmp_path, monkeypatch):
    out, log = tmp_path / "e.parquet", tmp_path / "log"
    assert killed(sounds, out, log, TWO_PARTS) == -signal.SIGKILL
    assert not out.exists() and len(list((tmp_path / "e.parquet.parts").glob("[0-9]*.parquet"))) == 2
    log.unlink()
    monkeypatch.setenv(counting.LOG, str(log))
    run(sounds, out)
    assert log.stat().st_size == 2 + N - 2 * N_FILES
    assert rows(out) == expected(sounds)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.parquet", "log", "sounds"]


def test_a_run_goes_on_with_the_sounds_as_they_are_now(sounds, tmp_path, monkeypatch, capsys):
    out, log = tmp_path / "e.parquet", tmp_path / "log"
    assert killed(sounds, out, log, TWO_PARTS) == -signal.SIGKILL
    soundfile.write(sounds / "05.wav", np.full(4000, 0.25), 8000)
    (sounds / "10.wav").unlink()
    monkeypatch.setenv(counting.LOG, str(log))
    log.unlink()
    run(sounds, out)
    assert log.stat().st_size == 2 + (N - 1) - N_FILES  # the first part is as it was
    assert rows(out) == expected(sounds) and len(rows(out)) == N - 1
    assert "skipped" not in capsys.readouterr().err


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("frames", [[], ["--frames"]])
def test_two_processes_make_the_same_table(sounds, tmp_path, frames):
    run(sounds, tmp_path / "one.parquet", *frames)
    run(sounds, tmp_path / "two.parquet", "--processes", "2", *frames)
    assert pq.read_table(tmp_path / "one.parquet").equals(pq.read_table(tmp_path / "two.parquet"))
    assert rows(tmp_path / "two.parquet") == expected(sounds)


def test_a_ray_cluster_makes_the_same_table(sounds, tmp_path):
    pytest.importorskip("ray")
    run(sounds, tmp_path / "ray.parquet", "--ray", "local", "--processes", "2")
    assert rows(tmp_path / "ray.parquet") == expected(sounds)


@pytest.mark.usefixtures("forked_workers")
def test_a_process_that_dies_is_replaced(sounds, tmp_path, monkeypatch):
    monkeypatch.setenv(counting.LOG, str(tmp_path / "log"))
    # The main process embeds two windows, then every process that is at its second part dies.
    monkeypatch.setenv(counting.KILL_AT, str(2 + N_FILES))
    with pytest.raises(SystemExit):
        run(sounds, tmp_path / "e.parquet", "--processes", "1")
    assert len(list((tmp_path / "e.parquet.parts").glob("[0-9]*.parquet"))) == 1
    monkeypatch.delenv(counting.KILL_AT)
    run(sounds, tmp_path / "e.parquet", "--processes", "1")
    assert rows(tmp_path / "e.parquet") == expected(sounds)


def test_skipped_files_are_named_by_every_run(sounds, tmp_path, capsys):
    assert killed(sounds, tmp_path / "e.parquet", tmp_path / "log", TWO_PARTS) == -signal.SIGKILL
    with pytest.raises(SystemExit):
        run(sounds, tmp_path / "e.parquet", "--strict")
    assert "05.wav: not a readable sound file" in capsys.readouterr().err
    run(sounds, tmp_path / "e.parquet")
    assert "skipped 05.wav: not a readable sound file" in capsys.readouterr().err


@pytest.mark.usefixtures("forked_workers")
def test_strict_stops_other_processes_too(sounds, tmp_path, capfd):
    with pytest.raises(SystemExit) as stopped:
        run(sounds, tmp_path / "e.parquet", "--strict", "--processes", "1")
    assert stopped.value.code == 2
    assert capfd.readouterr().err.splitlines()[-1].endswith("05.wav: not a readable sound file")


def test_two_runs_into_one_table_are_refused(sounds, tmp_path, capsys):
    with parts.parts_folder(tmp_path / "e.parquet") as folder:
        with pytest.raises(SystemExit):
            run(sounds, tmp_path / "e.parquet")
        assert folder.exists()  # though no part is in it yet
    assert f"--out: another process writes {tmp_path / 'e.parquet'}" in capsys.readouterr().err
    run(sounds, tmp_path / "e.parquet")
    assert rows(tmp_path / "e.parquet") == expected(sounds)


def test_a_damaged_part_is_made_again(sounds, tmp_path):
    out = tmp_path / "e.parquet"
    assert killed(sounds, out, tmp_path / "log", TWO_PARTS) == -signal.SIGKILL
    first, second = sorted((tmp_path / "e.parquet.parts").glob("[0-9]*.parquet"))
    first.write_bytes(first.read_bytes()[:-9])
    number = np.float32(pq.read_table(second)["embedding"][0].as_py()[0]).tobytes()
    damaged = second.read_bytes().replace(number, bytes([number[0], number[1], number[2] ^ 1, number[3]]))
    second.write_bytes(damaged)
    assert pq.read_table(second).num_rows  # no reader of Parquet notices
    with pytest.warns(
        UserWarning, match=r"e.parquet.parts/00000[01]-\w+.parquet is damaged, and is made again"
    ) as told:
        run(sounds, out)
    assert len(told) == 2 and rows(out) == expected(sounds)


def test_a_run_that_begins_while_another_removes_its_parts_has_the_folder_to_itself(tmp_path, monkeypatch):
    out, rmtree = tmp_path / "e.parquet", shutil.rmtree

    def slowly(folder, **_):
        for path in folder.iterdir():
            path.unlink()
        with pytest.raises(ValueError, match="another process writes"), parts.parts_folder(out):
            pass
        rmtree(folder)

    monkeypatch.setattr(shutil, "rmtree", slowly)
    with parts.parts_folder(out):
        pass
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_parts_that_are_done(sounds, tmp_path, monkeypatch, capsys):
    add = parts.EmbeddingFile.add

    def full(table, path, *row):
        if path == "07.wav":
            raise OSError(28, "No space left on device", str(table.path))
        add(table, path, *row)

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(parts.EmbeddingFile, "add", full)
        run(sounds, tmp_path / "e.parquet")
    assert "No space left on device" in capsys.readouterr().err.splitlines()[-1]
    assert len(list((tmp_path / "e.parquet.parts").glob("*.parquet"))) == 2
    assert not list((tmp_path / "e.parquet.parts").glob(".*"))
    run(sounds, tmp_path / "e.parquet")
    assert rows(tmp_path / "e.parquet") == expected(sounds)


def test_what_cannot_be_sent_to_other_processes_is_named():
    from synths.command_line.usage import UsageError
    from synths.engines import processes

    with pytest.raises(UsageError, match="cannot be sent to other processes"):
        list(processes.run(partial(lambda task: task), [1], 1))
