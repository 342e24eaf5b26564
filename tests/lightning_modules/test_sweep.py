"""Sweeps, on a training that takes no time: a program that writes metrics.csv."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from matplotlib.axes import Axes
from optuna.storages import RDBStorage
from rich.console import Console
from sqlalchemy.exc import IntegrityError, OperationalError

from lightning_modules.commands.sweep import main
from lightning_modules.sweeps import database as sweep_database
from lightning_modules.sweeps import point as sweep_point
from lightning_modules.sweeps import points as sweep_points
from lightning_modules.sweeps import runner as sweep_runner
from lightning_modules.sweeps.points import Points
from lightning_modules.sweeps.report import print_points, shown
from lightning_modules.sweeps.runner import Runner
from lightning_modules.sweeps.sweep_file import read_sweep
from tests import python

TRAINING = """
import csv, os, pathlib, sys, time
pathlib.Path("arguments").write_text(" ".join(sys.argv[1:]))
given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[2:])
assert sys.argv[1] == "fit" and "--wandb" not in sys.argv
x = float(given["model.x"])
pathlib.Path("log").open("a").write(f"{x} ")
if x == 13:
    sys.exit("thirteen is unlucky")
if x == 12:
    x = float("nan")  # as a training that diverges
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


def rows_of(printed: str) -> list[list[str]]:
    """The points of the table: number, value, state and keys; a point that failed has no value."""
    table = [re.split(r"\s{2,}", line.strip()) for line in printed.splitlines()]
    return [row for row in table if row[0].isdigit() and row[-1].startswith("x ")]


def tried() -> list[float]:
    return [float(x) for x in Path("log").read_text().split()]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_grid_runs_every_point_once_and_prints_the_best_first(sweep, processes, capsys):
    assert run(sweep(), "--processes", processes) == 0
    assert sorted(tried()) == [1, 2, 3, 4]
    rows = rows_of(capsys.readouterr().out)
    assert rows[0][1:] == ["0", "complete", "x 3"] and len(rows) == 4  # the last value: 0 for x = 3
    assert Path("runs/sweeps/mine/sweep.png").read_bytes().startswith(b"\x89PNG")
    assert run("mine.yaml") == 0 and len(tried()) == 4  # nothing is left to do


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_a_point_that_diverged_is_the_worst_and_not_run_again(sweep, goal, capsys):
    found = sweep(metric={"name": "probe", "goal": goal}, parameters={"model.x": {"values": [12, 1]}})
    assert run(found) == 0
    assert [row[2:] for row in rows_of(capsys.readouterr().out)] == [["complete", "x 1"], ["complete", "x 12"]]
    assert run(found) == 0 and tried() == [12, 1]


@pytest.mark.parametrize(("goal", "order"), [("minimize", [1, 2, 4]), ("maximize", [4, 2, 1])])
def test_the_goal_says_which_value_is_best(sweep, tmp_path, goal, order, capsys):
    found = read_sweep(sweep(metric={"name": "probe", "goal": goal}))
    points = Points(found, tmp_path, storage="sqlite:///:memory:")
    points.enqueue()
    while trial := points.next():
        points.complete(trial, trial.params["model.x"]) if trial.params["model.x"] != 3 else points.fail(trial)
    print_points(found, points.last_tries(), tmp_path, Console())
    assert [row[-1] for row in rows_of(capsys.readouterr().out)] == [f"x {x}" for x in [*order, 3]]
    assert points.study.best_params == {"model.x": order[0]}


def test_the_arguments_of_a_point_stand_where_the_command_says(sweep):
    command = ["python", "${program}", "fit", "--before=1", "${args}", "--after=2"]
    assert run(sweep(command=command, parameters={"model.x": {"values": [3]}, "n": {"value": 4}})) == 0
    assert Path("arguments").read_text() == "fit --before=1 --model.x=3 --n=4 --after=2 --name=sweeps/mine/0"


def test_the_picture_has_a_curve_for_each_value_of_keys_that_are_no_numbers(sweep, monkeypatch):
    drawn = []
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, *_, label: drawn.append((label, x, y)))
    monkeypatch.setattr(Axes, "legend", lambda self: None)
    assert run(sweep(parameters={"model.x": {"values": [4, 1]}, "which": {"values": ["a", "b"]}})) == 0
    assert drawn == [("which a", (1, 4), (-4, -1)), ("which b", (1, 4), (-4, -1))]


def test_a_stopped_sweep_goes_on_with_the_points_that_are_left(sweep):
    file = sweep(parameters={"model.x": {"values": [1, 2, 3]}, "wait": {"value": 1.0}})
    for sent in (signal.SIGTERM, signal.SIGKILL):
        before = len(tried()) if Path("log").exists() else 0
        process = python.Process(["-m", "lightning_modules.commands.sweep", file], new_session=True)
        deadline = time.time() + 300
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


@pytest.mark.parametrize("method", ["grid", "random"])
def test_the_same_command_tries_a_point_that_failed_again(sweep, method, capsys):
    """A full disk, say, fails every point that follows."""
    file = sweep(method=method, parameters={"model.x": {"values": [13]}}, run_cap=1)
    assert run(file) == 1 and tried() == [13]
    Path("training.py").write_text(TRAINING.replace("x == 13", "False"))
    capsys.readouterr()
    assert run(file) == 0 and tried() == [13, 13]
    assert len(rows_of(capsys.readouterr().out)) == 1  # one point, not two
    assert run(file) == 0 and len(tried()) == 2


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_range_is_sampled_as_often_as_it_says(sweep, method):
    space = {"model.x": {"min": 0.5, "max": 8.0, "distribution": "log_uniform_values"}, "n": {"min": 1, "max": 3}}
    assert run(sweep(method=method, parameters=space, run_cap=2)) == 0 and len(tried()) == 2
    assert run("mine.yaml", "--points", 5) == 0 and len(tried()) == 5
    assert all(0.5 <= x <= 8 for x in tried()) and len(set(tried())) == 5


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_more_points_than_values_end(sweep, method):
    runner = Runner(read_sweep(sweep(method=method, parameters={"model.x": {"values": [1, 3]}}, run_cap=4)))
    sampled = []
    while len(sampled) < 9 and (trial := runner.points.next()):
        sampled.append(trial.params["model.x"])
        if len(sampled) == 2:
            runner.points.put_back(trial)  # stopped: another try of the same point
        else:
            runner.points.complete(trial, trial.params["model.x"])
    assert len(sampled) == 5 and sampled[1] == sampled[2]
    assert [trial.value for trial in runner.points.last_tries()] == [sampled[0], *sampled[2:]]


def test_sweeps_of_one_name_at_the_same_time_keep_their_values_apart(sweep, tmp_path):
    space = {"model.x": {"values": [1]}, "wait": {"value": 2}}
    sweep(parameters=space).rename("first.yaml")
    (tmp_path / "other").mkdir()
    sweep(parameters=space | {"model.x": {"values": [3]}}).rename("other/first.yaml")
    runners = [Runner(read_sweep(Path(file))) for file in ("first.yaml", "other/first.yaml")]
    for runner in runners:
        runner.points.enqueue()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda runner: runner._work(1, lambda: None), runners))
    assert [runner.points.study.trials[0].value for runner in runners] == [-4, 0]


def test_a_bad_point_is_stopped_early(sweep, capsys):
    values = [3.0, 3.1, 2.9, 3.2, 60.0, 70.0]
    file = sweep(parameters={"model.x": {"values": values}, "wait": {"value": 0.7}}, early_terminate={"min_iter": 1})
    assert run(file) == 0
    states = {row[-1].split(",")[0]: row[-2] for row in rows_of(capsys.readouterr().out)}
    assert "pruned" in states.values() and states["x 3"] == "complete"


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
        ({"program": "none.py"}, "mine.yaml: program: no file none.py"),
        ({"program": 3}, "mine.yaml: program: expected a file; got 3"),
        ({"command": "python"}, "mine.yaml: command: expected a list; got 'python'"),
        ({"command": ["python", "${program}", "fit"]}, "mine.yaml: command: expected ${args} once, for the arguments"),
        ({"metric": {"goal": "minimize"}}, "mine.yaml: metric: expected a name, and as goal"),
        ({"parameters": ["x"]}, "mine.yaml: parameters: expected keys of the config, each with its values; got ['x']"),
        ({"parameters": {"x": {"values": 3}}}, "mine.yaml: parameters: x: expected value, values, or min and max"),
        ({"parameters": {"x": {"values": [[1]]}}}, "mine.yaml: parameters: x: expected value, values"),
        ({"method": "random", "parameters": {"x": {"min": 3, "max": 1}}}, "x: expected numbers, min at most max; got"),
        ({"method": "random", "parameters": {"x": {"min": "a", "max": 1}}}, "x: expected numbers, min at most max"),
        (
            {
                "method": "random",
                "parameters": {"x": {"min": 0, "max": 1, "distribution": "log_uniform_values"}},
            },
            "x: expected numbers above 0, min at most max; got min 0, max 1",
        ),
        ({"run_cap": "x"}, "mine.yaml: run_cap: expected a whole number of at least 1; got 'x'"),
        (
            {"early_terminate": "hyperband"},
            "mine.yaml: early_terminate: expected type, and a min_iter of at least 1",
        ),
        ({"early_terminate": {"min_iter": 0}}, "early_terminate: expected type, and a min_iter of at least 1; got {"),
    ],
)
def test_a_file_that_is_no_sweep_is_one_line(sweep, changes, message, capsys):
    assert run(sweep(**changes)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("{method: grid, run_cap: 3}", "missing: metric, parameters, unknown: none"),
        ("{method: grid, metric: {name: x}, parameters: {}, colour: red, 1: 2}", "missing: none, unknown: 1, colour"),
    ],
)
def test_keys_that_are_missing_or_unknown_are_named(sweep, content, wrong, capsys):
    sweep().write_text(content)
    assert run("mine.yaml") == 2
    expected = "method, metric, parameters, and if you like command, early_terminate, name, program, run_cap"
    assert f"mine.yaml: expected the keys {expected}; {wrong}" in capsys.readouterr().err


def test_a_file_that_is_no_yaml_is_one_line(sweep, capsys):
    sweep().write_text("method: [grid")
    assert run("mine.yaml") == 2
    assert "expected YAML" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nope", "--storage: Could not parse SQLAlchemy URL"),
        ("sqlite:////none/points.db", "--storage: (sqlite3.OperationalError) unable to open database file"),
        ("postgresql://me:secret@127.0.0.1/x", "--storage: "),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line(sweep, url, message, capsys):
    assert run(sweep(), "--storage", url) == 2
    printed = capsys.readouterr().err
    assert message in printed and len(printed.splitlines()) == 1 and "secret" not in printed


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", None, Exception("UNIQUE constraint failed: alembic_version.version_num")),
        OperationalError("CREATE TABLE", None, Exception("table studies already exists")),
    ],
)
def test_a_database_that_another_process_makes_at_the_same_moment_is_used(error, tmp_path, monkeypatch):
    errors = [error]  # as Optuna raises them then

    def slower(url, engine_kwargs):
        made = RDBStorage(url, engine_kwargs=engine_kwargs)
        if errors:
            raise errors.pop()
        return made

    monkeypatch.setattr(sweep_database, "RDBStorage", slower)
    assert sweep_database.database(f"sqlite:///{tmp_path / 'points.db'}").get_all_studies() == [] and not errors


@pytest.mark.parametrize("flag", ["--points", "--processes"])
def test_a_number_that_is_no_count_is_named(sweep, flag, capsys):
    assert run(sweep(), flag, 0) == 2
    assert f"argument {flag}: expected a whole number of at least 1; got '0'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
def test_the_training_of_a_killed_sweep_ends(sweep):
    file = sweep(parameters={"model.x": {"values": [1]}, "wait": {"value": 100}})
    process = python.Process(["-m", "lightning_modules.commands.sweep", file])
    deadline = time.time() + 60
    while not (found := list(Path("runs/sweeps/mine/0").glob("*/metrics.csv"))) and time.time() < deadline:
        time.sleep(0.1)
    training = int(found[0].parent.name)
    process.kill()
    process.wait()
    while Path("/proc", str(training), "cmdline").exists() and time.time() < deadline:
        if not Path("/proc", str(training), "cmdline").read_bytes():  # a zombie, in a container whose init reaps none
            break
        time.sleep(0.1)
    else:
        assert time.time() < deadline


def test_points_are_of_the_configs_that_the_sweep_names(sweep):
    """A training's config is changed, or a file that it names: values of before are not those of the sweep."""
    Path("voice.yaml").write_text("class_path: synths.Voice")
    Path("training.yaml").write_text("{data: {synth: voice.yaml}}")
    Path("other.yaml").write_text("trainer: {max_epochs: 1}")
    file = sweep(
        program="train.py",
        command=["python", "${program}", "fit", "--config", "training", "${args}"],
        parameters={"config": {"values": ["other"]}, "data.synth": {"values": ["synths/voice.yaml"]}},
    )
    digests = [read_sweep(file).digest, read_sweep(file).digest]
    for name, text in (("voice", "class_path: synths.Drum"), ("other", "trainer: {max_epochs: 2}"), ("training", "{}")):
        Path(f"{name}.yaml").write_text(text)
        digests.append(read_sweep(file).digest)
    assert digests[0] == digests[1] and len(set(digests)) == 4
    Path("training.yaml").unlink()
    assert run(file) == 2


def test_our_sweeps_can_be_read(tmp_path, monkeypatch):
    files = sorted((Path(__file__).parents[2] / "configs" / "sweeps").glob("*.yaml"))
    monkeypatch.chdir(tmp_path)
    sweeps = {path.stem: read_sweep(path) for path in files}
    assert len(sweeps["delta"].grid()) == 15 and sweeps["bayes"].run_cap == 40
    assert sweeps["delta"].command == [sys.executable, "-m", "lightning_modules.training_command", "fit", "${args}"]
    assert os.environ.get("WANDB_MODE") is None


def test_a_point_that_two_processes_put_on_the_list_runs_once(sweep, capsys):
    runner = Runner(read_sweep(sweep()))
    for point in [*runner.sweep.grid(), *runner.sweep.grid()]:
        runner.points.study.enqueue_trial(point)  # what two processes do that start at once
    assert run("mine.yaml") == 0 and sorted(tried()) == [1, 2, 3, 4]
    assert sum("complete" in line for line in capsys.readouterr().out.splitlines()) == 4
    assert run("mine.yaml") == 0 and len(tried()) == 4


def test_points_of_another_process_are_named(sweep, capsys):
    runner = Runner(read_sweep(sweep()))
    runner.points.enqueue()
    runner.points.next()  # its process lives
    assert run("mine.yaml") == 1 and sorted(tried()) == [2, 3, 4]
    assert "1 points are running in other processes" in capsys.readouterr().out


def test_the_last_point_of_a_grid_that_another_process_took_first_is_not_run_twice(sweep, monkeypatch):
    runner, other = Runner(read_sweep(sweep())), Runner(read_sweep(Path("mine.yaml")))
    runner.points.enqueue()
    before = [list(runner.points.last_tries())]  # what this process sees, before the other takes all that waits
    while other.points.next():
        pass
    last_tries = Points.last_tries
    monkeypatch.setattr(Points, "last_tries", lambda self: before.pop() if before else last_tries(self))
    assert runner.points.next() is None


@pytest.mark.parametrize("method", ["grid", "random"])
def test_a_point_that_two_processes_take_over_from_a_killed_one_runs_once(sweep, method, monkeypatch):
    ranges = {"model.x": {"min": 1.0, "max": 2.0} if method == "random" else {"values": [1.5]}}
    runners = [Runner(read_sweep(sweep(method=method, parameters=ranges)), n_points=1) for _ in range(3)]
    runners[0].points.enqueue()
    point = runners[0].points.next()
    point.set_user_attr("process", f"{socket.gethostname()} {2**22 + 1}")  # above the highest number of a process
    seen = runners[0].points.study.trials
    for runner in runners[1:]:
        monkeypatch.setattr(type(runner.points.study), "trials", property(lambda _: seen))  # both start at once
        runner.points.enqueue()
    monkeypatch.undo()
    assert runners[1].points.next().params == point.params and runners[2].points.next() is None


# In a container that is started again, a process may have the number of the one that died.
@pytest.mark.parametrize("process", ["elsewhere 1", f"{socket.gethostname()} {os.getpid()}"], ids=["there", "here"])
def test_a_point_that_gives_no_sign_of_life_is_run_again(process, sweep, monkeypatch):
    file, clock = sweep(parameters={"model.x": {"values": [1, 3]}}), [1e9]
    monkeypatch.setattr(sweep_points.time, "time", lambda: clock[0])
    there, here = Runner(read_sweep(file)), Runner(read_sweep(file))
    there.points.enqueue()
    there.points.next().set_user_attr("process", process)
    clock[0] += 500
    assert here.points.next().params == {"model.x": 3} and here.points.next() is None
    clock[0] += 200
    assert here.points.next().params == {"model.x": 1} and here.points.next() is None


@pytest.mark.parametrize("n_written", range(4))
def test_a_point_whose_process_was_killed_as_it_took_it_is_run_again(n_written, sweep, monkeypatch):
    file = sweep(parameters={"model.x": {"values": [1, 3]}, "wait": {"values": [0, 0.1]}})
    killed, here = Runner(read_sweep(file)), Runner(read_sweep(file))
    killed.points.enqueue()
    trial = killed.points.study.ask()  # the writes of Points.next, up to the kill
    writes = [
        lambda: trial.set_user_attr("process", f"{socket.gethostname()} {2**22 + 1}"),
        lambda: trial.set_user_attr("seen", time.time()),
        lambda: trial.suggest_categorical("model.x", [1, 3]),
    ]
    for write in writes[:n_written]:
        write()
    now = time.time() + 100
    monkeypatch.setattr(sweep_points.time, "time", lambda: now)
    here.points.enqueue()
    run_again = [here.points.next() for _ in range(5)]
    points = sorted(tuple(trial.params.values()) for trial in run_again if trial)
    assert points == [(1, 0), (1, 0.1), (3, 0), (3, 0.1)]


def test_a_running_point_gives_signs_of_life(sweep, monkeypatch):
    monkeypatch.setattr(sweep_points, "_SIGN_OF_LIFE_S", 0.1)
    runner, start = (
        Runner(read_sweep(sweep(parameters={"model.x": {"values": [3]}, "wait": {"value": 2}}))),
        time.time(),
    )
    assert runner.run(1)
    assert runner.points.study.trials[0].user_attrs["seen"] > start + 1


@pytest.mark.parametrize("sign_of_life_s", [0, 60])
def test_a_process_that_was_suspended_leaves_its_point_to_the_one_that_took_it_over(
    sweep, sign_of_life_s, monkeypatch, capsys
):
    runner, other = (
        Runner(read_sweep(sweep(parameters={"model.x": {"values": [3]}}))),
        Runner(read_sweep(Path("mine.yaml"))),
    )
    monkeypatch.setattr(sweep_points, "_SIGN_OF_LIFE_S", sign_of_life_s)

    def suspended(command, name, metric, stop, report, alive, n_threads):
        other.points.put_back(other.points.study.trials[0])
        other.points.complete(other.points.next(), 0.5)
        alive()
        return 0.1

    monkeypatch.setattr(sweep_runner, "train", suspended)
    assert runner.run(1)  # every point has a value
    assert [trial.value for trial in runner.points.study.trials] == [None, 0.5]
    assert "point 0 was taken over" in capsys.readouterr().out


def test_keys_are_shown_by_their_last_part_and_numbers_by_four_digits():
    point = {"data.init_args.perturbation.init_args.delta": 0.123456789, "trainer.max_epochs": 12345, "model.x": "wide"}
    assert shown(point) == "delta 0.1235, max_epochs 12345, x wide"


def test_values_are_given_as_yaml(sweep):
    assert run(sweep(parameters={"model.x": {"values": [3]}, "a": {"value": None}, "b": {"value": True}})) == 0
    given = dict(argument.removeprefix("--").split("=") for argument in Path("arguments").read_text().split()[1:])
    assert (yaml.safe_load(given["a"]), yaml.safe_load(given["b"])) == (None, True)


def test_a_training_is_ended_without_process_groups(monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "killpg")
    sweep_point._end(process)
    assert process.returncode


def test_a_process_of_somebody_else_is_alive(monkeypatch):
    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not sweep_points._is_dead({"process": f"{socket.gethostname()} 1"})


def test_under_windows_a_process_gets_no_signal_and_is_dead_after_a_long_silence(monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.delattr(os, "kill")
    ours = {"process": f"{socket.gethostname()} {os.getpid()}"}
    assert not sweep_points._is_dead(ours | {"seen": time.time() - 60})
    assert sweep_points._is_dead(ours | {"seen": time.time() - 6000})
