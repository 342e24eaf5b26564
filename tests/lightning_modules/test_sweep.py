"""Sweeps, on a training that takes no time: a program that writes metrics.csv."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from lightning_modules.sweep import main
from lightning_modules.sweeps.runner import Runner
from lightning_modules.sweeps.sweep_file import read_sweep

TRAINING = """
import csv, os, pathlib, sys, time
given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[2:])
assert sys.argv[1] == "fit" and "--wandb" not in sys.argv
x = float(given["model.x"])
pathlib.Path("log").open("a").write(f"{x} ")
if x == 13:
    sys.exit("thirteen is unlucky")
folder = pathlib.Path("runs", given["name"], str(os.getpid()))
folder.mkdir(parents=True)
with (folder / "metrics.csv").open("w", newline="") as file:
    writer = csv.DictWriter(file, ["step", "loss", "probe"])
    writer.writeheader()
    for step in range(3):
        writer.writerow({"step": step, "loss": 1.0})
        writer.writerow({"step": step, "probe": -((x - 3) ** 2) - 2 + step})
        file.flush()
        time.sleep(float(given.get("wait", 0)))
        if "half" in given:
            file.write("7,,-")
            file.flush()
            time.sleep(1)
            file.seek(file.tell() - 4)
            file.truncate()
"""


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("training.py").write_text(TRAINING)

    def write(**changes) -> Path:
        content = {
            "program": "training.py",
            "command": ["${env}", "python", "${program}", "fit", "--wandb", "${args}"],
            "method": "grid",
            "metric": {"name": "probe", "goal": "maximize"},
            "parameters": {"model.x": {"values": [1, 2, 4, 3]}},
        }
        Path("mine.yaml").write_text(yaml.safe_dump(content | changes))
        return Path("mine.yaml")

    return write


def run(*arguments) -> int:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


def tried() -> list[float]:
    return [float(x) for x in Path("log").read_text().split()]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_grid_runs_every_point_once_and_prints_the_best_first(sweep, processes, capsys):
    assert run(sweep(), "--processes", processes) == 0
    assert sorted(tried()) == [1, 2, 3, 4]
    lines = [line for line in capsys.readouterr().out.splitlines() if "complete" in line]
    assert next(line.split("│")[4].strip() for line in lines) == "x 3" and len(lines) == 4
    assert lines[0].split("│")[2].strip() == "0"  # the last value: 0 for x = 3
    assert Path("runs/sweeps/mine/sweep.png").read_bytes().startswith(b"\x89PNG")
    assert run("mine.yaml") == 0 and len(tried()) == 4  # nothing is left to do


def test_a_stopped_sweep_goes_on_with_the_points_that_are_left(sweep):
    file = sweep(parameters={"model.x": {"values": [1, 2, 3]}, "wait": {"value": 1.0}})
    for sent in (signal.SIGTERM, signal.SIGKILL):
        before = len(tried()) if Path("log").exists() else 0
        process = subprocess.Popen([sys.executable, "-m", "lightning_modules.sweep", str(file)], start_new_session=True)
        deadline = time.time() + 60
        while (not Path("log").exists() or len(tried()) == before) and time.time() < deadline:
            time.sleep(0.1)
        process.send_signal(sent)
        assert process.wait(60) == (1 if sent == signal.SIGTERM else -signal.SIGKILL)
    assert run(file) == 0
    assert set(tried()) == {1, 2, 3}
    assert run(file) == 0 and len(tried()) == 5  # two were tried twice


def test_quiet_leaves_failures_and_the_table(sweep, capsys):
    assert run(sweep(parameters={"model.x": {"values": [13, 3]}}), "--quiet") == 1
    printed = capsys.readouterr().out
    assert "point 0 failed" in printed and "complete" in printed and "point 1: x 3" not in printed
    assert run(sweep(parameters={"model.x": {"values": [4]}})) == 0
    assert "point 0: x 4" in capsys.readouterr().out


def test_a_terminal_shows_how_many_points_are_done(sweep):
    runner = Runner(read_sweep(sweep(parameters={"model.x": {"values": [1, 3]}})))
    runner.console = Console(force_terminal=True, file=io.StringIO(), width=100)
    assert runner.run(1) and "2/2" in runner.console.file.getvalue()


def test_half_a_line_is_no_value(sweep):
    """What is read while the logger writes ends in the middle of a number."""
    assert run(sweep(parameters={"model.x": {"values": [3]}, "half": {"value": 1}})) == 0 and tried() == [3]


def test_a_point_that_fails_is_named_and_the_others_go_on(sweep, capsys):
    assert run(sweep(parameters={"model.x": {"values": [13, 3]}})) == 1
    printed = capsys.readouterr().out
    assert "point 0 failed: thirteen is unlucky (runs/sweeps/mine/0/log.txt)" in printed and "complete" in printed
    assert run(sweep(metric={"name": "accuracy"}, parameters={"model.x": {"values": [3]}})) == 1
    assert "metric accuracy was never logged" in capsys.readouterr().out


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_range_is_sampled_as_often_as_it_says(sweep, method):
    space = {"model.x": {"min": 0.5, "max": 8.0, "distribution": "log_uniform_values"}, "n": {"min": 1, "max": 3}}
    assert run(sweep(method=method, parameters=space, run_cap=2)) == 0 and len(tried()) == 2
    assert run("mine.yaml", "--points", 5) == 0 and len(tried()) == 5
    assert all(0.5 <= x <= 8 for x in tried()) and len(set(tried())) == 5


def test_a_bad_point_is_stopped_early(sweep, capsys):
    values = [3.0, 3.1, 2.9, 3.2, 60.0, 70.0]
    file = sweep(parameters={"model.x": {"values": values}, "wait": {"value": 0.7}}, early_terminate={"min_iter": 1})
    assert run(file) == 0
    states = {
        line.split("│")[4].split(",")[0]: line.split("│")[3].strip()
        for line in capsys.readouterr().out.splitlines()
        if "│ " in line
    }
    assert "pruned" in states.values() and states[" x 3.0"] == "complete"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "annealing"}, "mine.yaml: method: expected grid, random, bayes; got 'annealing'"),
        ({"metric": {"name": "probe", "goal": "up"}}, "mine.yaml: metric: expected a name, and as goal"),
        (
            {"parameters": {"x": {"min": 0, "max": 1}}},
            "mine.yaml: parameters: x: expected values, since method is grid",
        ),
        ({"parameters": {"x": {"values": []}}}, "mine.yaml: parameters: x: expected value, values, or min and max"),
        ({"program": "none.py"}, "program: no file none.py"),
        ({"colour": 1}, "expected the keys method, metric, parameters, command, program; got colour"),
    ],
)
def test_a_file_that_is_no_sweep_is_one_line(sweep, changes, message, capsys):
    assert run(sweep(**changes)) == 2
    assert message in capsys.readouterr().err


def test_our_sweeps_can_be_read(tmp_path, monkeypatch):
    files = sorted((Path(__file__).parents[2] / "configs" / "sweeps").glob("*.yaml"))
    monkeypatch.chdir(tmp_path)
    sweeps = {path.stem: read_sweep(path) for path in files}
    assert len(sweeps["delta"].grid()) == 15 and sweeps["bayes"].run_cap == 40
    assert sweeps["delta"].command == [sys.executable, "-m", "lightning_modules.training_command", "fit"]
    assert os.environ.get("WANDB_MODE") is None


def test_a_point_that_two_processes_put_on_the_list_runs_once(sweep, capsys):
    runner = Runner(read_sweep(sweep()))
    for point in [*runner.sweep.grid(), *runner.sweep.grid()]:
        runner.study.enqueue_trial(point)  # what two processes do that start at once
    assert run("mine.yaml") == 0 and sorted(tried()) == [1, 2, 3, 4]
    assert sum("complete" in line for line in capsys.readouterr().out.splitlines()) == 4
    assert run("mine.yaml") == 0 and len(tried()) == 4


def test_points_of_another_process_are_named(sweep, capsys):
    runner = Runner(read_sweep(sweep()))
    runner._enqueue()
    runner._next()  # its process lives
    assert run("mine.yaml") == 1 and sorted(tried()) == [2, 3, 4]
    assert "1 points are running in other processes" in capsys.readouterr().out
