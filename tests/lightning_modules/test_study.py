"""A study as a user runs it: rows that are kept, a table and a picture."""

import json
import multiprocessing
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import wandb
import yaml

import synths
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.configuration.sub_configs import with_sub_configs
from lightning_modules.pretraining import PretrainingModule
from lightning_modules.studies import metrics, training
from lightning_modules.studies import rows as study_rows
from lightning_modules.studies.picture import draw, saturation
from lightning_modules.studies.study_file import digest_of, read_study, require
from lightning_modules.studies.table import means_of, tables_of
from lightning_modules.training_command import main

ROOT = Path(__file__).parents[2]
STUDIES = sorted(path for path in (ROOT / "configs" / "studies").glob("*.yaml") if "rows:" in path.read_text())


@pytest.fixture
def study(tmp_path, monkeypatch, capsys):
    """Runs a study in a folder of its own; gives what it printed."""
    monkeypatch.chdir(tmp_path)
    rows = {name: {"data.init_args.synth": {"class_path": f"synths.{name}"}} for name in ("White", "Perlin")}
    for row in rows.values():
        row["data.init_args.synth"]["init_args"] = {"n_mels": 64, "n_frames": 96}
    small = {"name": "small", "config": str(ROOT / "configs/studies/masked.yaml"), "rows": rows}
    asked = {"metrics": ["recordings", "pictures"], "plot": {"x": "smoothness", "y": "accuracy"}}
    Path("small.yaml").write_text(yaml.safe_dump(small | asked))

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["doppelganger-train", "study", *arguments])
        main()
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


@pytest.fixture
def refused(capsys):
    """Expects a command to end with exit code 2 and a message on stderr."""

    @contextmanager
    def refused(message: str) -> Iterator[None]:
        with pytest.raises(SystemExit) as stop:
            yield
        assert stop.value.code == 2
        assert re.search(message, capsys.readouterr().err, re.DOTALL)

    return refused


def write_pack(folder: Path) -> None:
    rng = np.random.default_rng(0)
    (folder / "audio").mkdir(parents=True)
    lines = ["file,label,fold"]
    for i in range(24):
        tone = np.sin(2 * np.pi * (300, 2500)[i % 2] * rng.uniform(0.9, 1.1) * np.arange(16000) / 16000)
        soundfile.write(folder / "audio" / f"{i}.wav", 0.5 * tone, 16000)
        lines.append(f"audio/{i}.wav,{('low', 'high')[i % 2]},{i // 2 % 2}")
    (folder / "labels.csv").write_text("\n".join(lines))


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.filterwarnings("ignore")
def test_pairs_are_those_of_the_batches_that_a_short_step_had(config):
    """An epoch of four batches has a step of three and one of one."""
    cli = TrainingCLI(args=["fit", "--config", config, "--trainer.accumulate_grad_batches=3"])
    assert metrics.pairs(cli, []) == {"trained": {"pairs": 4 * 4}}


def test_rows_are_trained_measured_and_not_done_again(study, tmp_path, refused, monkeypatch):
    write_pack(tmp_path / "tones")
    tiny = ("--packs", "tones", "--set", "data.init_args.steps_per_epoch=1", "data.init_args.batch_size=4")
    first, second = study("small.yaml", "--rows", "White", *tiny), study("small.yaml", *tiny)
    assert "White, seed 0" in first and "White, seed 0" not in second and "Perlin, seed 0" in second
    perlin, white = study_rows.read(Path("results/study_small"))
    assert white["n_steps"] == 1 and white["settings"]["data.init_args.batch_size"] == "4"
    assert white["trained_on"] == "cpu"
    assert white["figures"].keys() == {"trained", "random", "log_mel"}
    assert white["figures"]["log_mel"] == perlin["figures"]["log_mel"]
    assert white["figures"]["trained"]["tones"] > 0.9
    assert abs(white["figures"]["trained"]["smoothness"]) < 0.05 < perlin["figures"]["trained"]["smoothness"]
    assert Path("runs/studies/small.svg").exists()
    with refused(r"rows that another config, other packs .* made: Perlin, White"):
        study("small.yaml", "--rows", "White", "--packs", "tones")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    logged = "trainer.logger={class_path: pytorch_lightning.loggers.WandbLogger}"
    again = study("small.yaml", "--rows", "White", *tiny[:-1], "data.init_args.batch_size=6", logged, "--again")
    assert "White, seed 0" in again and wandb.run is None
    assert [row["name"] for row in study_rows.read(Path("results/study_small"))] == ["White"]


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.filterwarnings("ignore")
def test_rows_that_are_trained_by_two_processes_are_those_of_one(study):
    content = yaml.safe_load(Path("small.yaml").read_text())
    Path("small.yaml").write_text(yaml.safe_dump(content | {"metrics": ["pictures"], "plot": None}))
    tiny = ("--set", "data.init_args.steps_per_epoch=1", "data.init_args.batch_size=4")
    study("small.yaml", *tiny)
    study("small.yaml", *tiny, "--out", "two", "--processes", "2")
    one, two = study_rows.read(Path("results/study_small")), study_rows.read(Path("two"))
    assert [row["name"] for row in two] == ["Perlin", "White"]
    assert [row["figures"] for row in two] == [row["figures"] for row in one]


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.filterwarnings("ignore")
def test_a_stopped_row_goes_on_and_a_finished_one_starts_anew(study, tmp_path, monkeypatch, refused):
    write_pack(tmp_path / "tones")
    tiny = ("--rows", "White", "--packs", "tones", "--set", "data.init_args.steps_per_epoch=2", "trainer.max_epochs=2")
    tiny += ("data.init_args.batch_size=4",)
    learned = []

    def learn(self, batch, batch_idx, step=PretrainingModule.training_step):
        learned.append(self.global_step)
        if learned == [0, 1, 2, 3]:
            raise OSError("stopped")
        return step(self, batch, batch_idx)

    monkeypatch.setattr(PretrainingModule, "training_step", learn)
    with refused("stopped"):
        study("small.yaml", *tiny)
    study("small.yaml", *tiny)
    assert learned == [0, 1, 2, 3, 2, 3]
    (stopped,) = study_rows.read(Path("results/study_small"))
    study("small.yaml", *tiny, "--out", "whole")
    assert learned[6:] == [0, 1, 2, 3]
    (whole,) = study_rows.read(Path("whole"))
    assert whole["figures"] == stopped["figures"] and whole["n_steps"] == stopped["n_steps"] == 4
    study("small.yaml", *tiny, "trainer.logger=false", "--out", "unlogged")
    assert learned[10:] == [0, 1, 2, 3] and len(study_rows.read(Path("unlogged"))) == 1
    assert list(tmp_path.rglob("embeddings.sqlite")) == [tmp_path / "runs/studies/small/embeddings.sqlite"]
    assert not any((folder / "embeddings.sqlite").exists() for folder in tmp_path.parents[:2])


@pytest.mark.filterwarnings("ignore")
def test_a_row_that_was_stopped_after_its_training_is_measured_with_the_average(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    row = {"data.init_args.synth": "synths.White", "trainer.max_epochs": 1, "data.init_args.steps_per_epoch": 2}
    row["data.init_args.synth.init_args"] = {"n_mels": 64, "n_frames": 96}
    row["trainer.callbacks"] = [{"class_path": "EMAWeightAveraging", "init_args": {"decay": 0.5}}]
    study = {"name": "small", "config": str(ROOT / "configs/studies/masked.yaml"), "rows": {"a": row}}

    def weights(cli: TrainingCLI, packs: list[str]) -> dict[str, dict[str, float]]:
        return {"trained": {"sum": sum(float(p.sum()) for p in cli.model.encoder.parameters())}}

    monkeypatch.setattr(training, "metrics_by_name", lambda: {"weights": weights})
    study["metrics"] = ["weights"]
    whole, again = (training.train_and_measure(study, "a", 0, [], "recipe", quiet=True) for _ in range(2))
    assert len(list(tmp_path.rglob("epoch=*.ckpt"))) == 1  # the second found the checkpoint and trained nothing
    assert again["figures"] == whole["figures"] and again["n_steps"] == whole["n_steps"] == 2


ROW = {"seed": 0, "n_steps": 1, "figures": {"trained": {"accuracy": 0.5}}, "recipe": "a"}
STUDY = {"name": "small", "config": "a.yaml", "rows": {"b": {}, "a/../..": {}, "K=100": {}}}


def test_a_row_is_a_file_and_rows_are_read_in_their_order(tmp_path):
    for seed in (1, 0):
        for name in reversed(STUDY["rows"]):
            study_rows.write(tmp_path / "out", STUDY, {**ROW, "name": name, "seed": seed})
    assert sorted(os.listdir(tmp_path)) == ["out"] and len(os.listdir(tmp_path / "out")) == 6
    found = [(row["name"], row["seed"]) for row in study_rows.read(tmp_path / "out")]
    assert found == [(name, seed) for name in STUDY["rows"] for seed in (0, 1)]


def write_many(folder: Path, name: str) -> None:
    for seed in range(50):
        study_rows.write(folder, STUDY, {**ROW, "name": name, "seed": seed})


def test_two_processes_with_one_folder_lose_no_row(tmp_path, monkeypatch):
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=write_many, args=(tmp_path, name)) for name in ("b", "K=100")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert len(study_rows.read(tmp_path)) == 100


def test_a_full_disk_keeps_finished_rows_and_the_new_one_is_printed(tmp_path, monkeypatch, capsys):
    study_rows.write(tmp_path, STUDY, {**ROW, "name": "b"})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        study_rows.write(tmp_path, STUDY, {**ROW, "name": "K=100", "n_steps": 12345})
    assert "12345" in capsys.readouterr().err
    assert [row["name"] for row in study_rows.read(tmp_path)] == ["b"] and len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"figures": {}, "config": {"rows": []}}', "[" * 100_000])
def test_a_file_that_is_no_row_is_named(content, tmp_path):
    (tmp_path / "a-0.json").write_text(content)
    with pytest.raises(ValueError, match=r"a-0\.json: expected a row of a study; .*Delete it"):
        study_rows.read(tmp_path)


def test_a_damaged_row_is_named_and_never_read_as_another(tmp_path):
    study_rows.write(tmp_path, STUDY, {**ROW, "name": "b"})
    (path,), whole = tmp_path.iterdir(), study_rows.read(tmp_path)
    data, n_named = path.read_bytes(), 0
    for i in range(len(data)):
        path.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        try:
            assert study_rows.read(tmp_path) == whole  # a space between two values, say
        except ValueError as error:
            assert str(error).startswith(f"{path}: expected a row of a study; ")
            n_named += 1
    assert n_named > len(data) / 2


def test_wrong_rows_settings_and_keys_are_named(study, refused):
    with refused("--rows: expected some of Perlin, White; got Worley"):
        study("small.yaml", "--rows", "Worley")
    with refused("--set: expected KEY=VALUE; got foo"):
        study("small.yaml", "--set", "foo")
    with refused("--set: expected no seed_everything, which a study sets"):
        study("small.yaml", "--set", "seed_everything=3")
    with refused("--packs: expected folders of different names; got several named tones"):
        study("small.yaml", "--packs", "a/tones", "b/tones/", "c")
    content = yaml.safe_load(Path("small.yaml").read_text())
    content["rows"]["White"]["name"] = "mine"
    Path("named.yaml").write_text(yaml.safe_dump(content))
    with refused("row White: expected no name, which a study sets"):
        study("named.yaml")
    Path("wrong.yaml").write_text("name: wrong\nrow: {}")
    with refused("missing: config, metrics, rows, unknown: row"):
        study("wrong.yaml")


@pytest.mark.parametrize(("metric", "last_counts"), [("recordings", False), ("choice", True)])
def test_the_order_of_packs_makes_another_row_where_the_last_is_not_chosen_by(metric, last_counts):
    study = {"config": str(ROOT / "configs/studies/masked.yaml"), "metrics": [metric]}
    orders = [digest_of(study, {}, packs) for packs in (["a", "b", "c"], ["b", "a", "c"], ["a", "c", "b"])]
    assert orders[0] == orders[1] and (orders[0] != orders[2]) == last_counts


def test_names_with_commas_are_told_apart():
    names = ["a", "b, c", "it's", "d e"]
    with pytest.raises(ValueError) as error:
        require(["x, y"], names, "--rows")
    listed, got = str(error.value).removeprefix("--rows: expected some of ").split("; got ")
    assert shlex.split(got) == ["x, y"]
    assert [name.removesuffix(",") for name in shlex.split(listed)] == names


def test_a_row_of_any_name_has_runs_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = {"name": "small", "rows": {"a/b": {}, "a": {}}}
    run = tmp_path / "runs" / training._unfinished(study, "a/b", 0, "recipe")
    (run / "20300101-000000").mkdir(parents=True)
    training.finish(study, "a/b", 0, "recipe")
    assert [path.relative_to("runs/studies/small").parts for path in Path("runs/studies/small").glob("*/*")] == [
        ("a%2Fb-0", "20300101-000000")
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": ["a"]}, r"wrong\.yaml: rows: expected names, each with its settings.*; got \['a'\]"),
        ({"rows": {"a": "b"}}, r"rows: expected names"),
        ({"rows": {1: {}}}, r"rows: expected names"),
        ({"rows": {}}, r"rows: expected names"),
        ({"seeds": 3}, r"seeds: expected a list of whole numbers; got 3"),
        ({"seeds": []}, r"seeds: expected a list"),
        ({"name": "../b"}, r"name: expected a name without / and .*; got '\.\./b'"),
        ({"config": 3}, r"config: expected a path; got 3"),
        ({"metrics": "recordings"}, r"metrics: expected a list of names; got 'recordings'"),
        ({"plot": "accuracy"}, r"plot: expected x and y"),
    ],
)
def test_a_wrong_value_is_named(changes, message, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        yaml.safe_dump({"name": "a", "config": "a.yaml", "rows": {"a": {}}, "metrics": ["pairs"]} | changes)
    )
    with pytest.raises(ValueError, match=message):
        read_study(path)


def claims(folder: Path, connection) -> None:
    with study_rows.claimed(folder, "b", 0) as ours:
        connection.send(ours)
        connection.recv()


def test_a_row_is_made_by_one_process_and_is_free_again_when_that_is_killed(tmp_path):
    context = multiprocessing.get_context("fork")
    connection, theirs = context.Pipe()
    process = context.Process(target=claims, args=(tmp_path, theirs))
    process.start()
    assert connection.recv()
    with study_rows.claimed(tmp_path, "b", 0) as ours, study_rows.claimed(tmp_path, "b", 1) as other:
        assert not ours and other
    process.kill()
    process.join()
    with study_rows.claimed(tmp_path, "b", 0) as ours:
        assert ours
        study_rows.write(tmp_path, STUDY, {**ROW, "name": "b"})
    with study_rows.claimed(tmp_path, "b", 0) as ours:
        assert not ours
    assert sorted(os.listdir(tmp_path)) == [".b-1.lock", "b-0.json"]  # the lock of a row that is yet to be made stays


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("engine", [[], ["--processes", "2"]])
def test_a_row_with_unknown_settings_is_named(engine, study, refused):
    with refused("row White: the training command refuses its settings"):
        study("small.yaml", "--rows", "White", "--set", "data.init_args.nope=3", *engine)


def test_packs_that_cannot_be_read_are_refused_before_a_training(study, refused):
    with refused("--packs: pack: expected a folder at nowhere"):
        study("small.yaml", "--packs", "nowhere")


def test_a_wrong_row_is_named_before_another_is_trained(study, refused):
    content = yaml.safe_load(Path("small.yaml").read_text())
    content["rows"]["Perlin"]["data.init_args.nope"] = 3
    Path("small.yaml").write_text(yaml.safe_dump(content))
    with refused("nope.*row Perlin: the training command refuses its settings"):
        study("small.yaml")
    assert not Path("results").exists() and not Path("runs").exists()


@pytest.mark.parametrize("key", ["x", "y"])
def test_a_figure_that_no_row_has_is_named(key):
    with pytest.raises(ValueError, match=f"plot: {key}: expected one of accuracy; got 'nope'"):
        draw([{**ROW, "name": "b"}], **({"x": "accuracy", "y": "accuracy"} | {key: "nope"}))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_names_metrics_and_a_config_that_exist(path):
    found = read_study(path)
    assert (ROOT / found["config"]).exists() and found["rows"]
    for settings in found["rows"].values():
        synth = with_sub_configs(settings.get("data.init_args.synth", {"class_path": "synths.Voice"}))
        package, _, name = synth["class_path"].partition(".")
        assert package == "synths" and issubclass(getattr(synths, name), synths.Synth)


RECIPE = read_study(ROOT / "configs" / "studies" / "recipe.yaml")


@pytest.mark.parametrize("row", RECIPE["rows"])
def test_a_row_of_the_recipe_is_what_it_says(row):
    """The training command takes its settings, what they change is in its config, and the encoder embeds sounds."""
    settings = RECIPE["rows"][row]
    arguments = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
    config = str(ROOT / RECIPE["config"])
    cli = TrainingCLI(args=["--config", config, "--trainer.logger=false", *arguments], run=False)
    for key, value in settings.items():
        if isinstance(value, (int, float)):
            assert cli.config[key] == value
    pairs = cli.datamodule.stream(torch.arange(2))
    assert pairs.a.shape == (2, 16000)
    assert cli.model.objective(pairs)["loss"].isfinite()


def test_lines_are_means_over_seeds_with_the_best_first_and_baselines_last():
    rows = [
        {
            "name": name,
            "seed": seed,
            "n_steps": 10,
            "figures": {"trained": {"accuracy": a, "x": 1.0}, "random": {"accuracy": 0.3}},
        }
        for name, seed, a in (("a", 0, 0.4), ("a", 1, 0.6), ("b", 0, 0.7), ("b", 1, 0.9))
    ]
    lines = means_of(rows)
    assert [line.name for line in lines] == ["b", "a", "random"]
    assert [line.figures["accuracy"] for line in lines] == pytest.approx([0.8, 0.5, 0.3])
    assert [line.n_seeds for line in lines] == [2, 2, 2]
    spread = np.std([row["figures"]["trained"]["accuracy"] for row in rows if row["name"] == "a"], ddof=1)
    assert spread > 0.01 and lines[1].cell("accuracy") == f"0.500 ± {spread:.3f}"
    assert [len(table.rows) for table in tables_of(rows, 80)] == [3]
    (axes,) = draw(rows, x="x", y="accuracy").axes
    assert [text.get_text() for text in axes.texts] == ["b", "a", "random"]


def test_the_curve_of_a_saturating_score_is_found_again():
    x = np.array([1e4, 3e4, 1e5, 3e5, 1e6])
    assert saturation(x, 0.9 - 0.2 * (x / 1e4) ** -0.4) == pytest.approx((0.9, 0.2, 0.4), rel=1e-3)


def test_rows_of_one_name_are_a_curve_that_goes_on(tmp_path):
    rows = [
        {"name": f"{name}, {n}", "seed": 0, "n_steps": n, "figures": {"trained": {"pairs": n, "choice": 1 - n**-power}}}
        for name, power in (("ours", 0.2), ("theirs", 0.1))
        for n in (10, 100, 1000, 10000)[: 4 if name == "ours" else 2]
    ]
    (axes,) = draw(rows, "pairs", "choice", curves=True).axes
    lines = {line.get_label(): line.get_xdata() for line in axes.lines}
    assert list(lines["ours"]) == [10, 100, 1000, 10000] and list(lines["theirs"]) == [10, 100]
    ((label, ahead),) = ((name, x) for name, x in lines.items() if name not in ("ours", "theirs"))
    assert label.startswith("ours: 1.000 - 0.631") and max(ahead) == pytest.approx(1e5)


@pytest.mark.parametrize("name", ["study_patterns", "study_objectives"])
def test_names_in_a_picture_touch_neither_each_other_nor_dots_nor_the_frame(name):
    recorded = study_rows.records(ROOT / "results" / name)
    figure = draw([each["figures"] for each in recorded], **recorded[-1]["config"]["plot"])
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    dots = [axes.transData.transform(line.get_xydata())[0] for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) >= 10 and len(boxes) >= len(dots)
    for (first, box), (second, other) in combinations(boxes.items(), 2):
        assert not box.overlaps(other), (first, second)
    for text, box in boxes.items():
        assert not any(box.contains(*dot) for dot in dots), text
        assert axes.bbox.contains(box.x0, box.y0) and axes.bbox.contains(box.x1, box.y1), text
