"""Several encoders in one evaluation: one table, and the paired difference of each to the first."""

import dataclasses
import io
import json

import numpy as np
import pytest
import soundfile
import torch
from rich.console import Console

import doppelganger.commands.evaluate as command
from doppelganger.__main__ import main
from doppelganger.commands._options import labels_of
from doppelganger.encoders import Encoder
from doppelganger.evaluation import evaluate, read_task, synthetic
from doppelganger.evaluation.baselines import LogMelStatistics, with_baselines
from doppelganger.evaluation.probe_task import ProbeTask
from doppelganger.evaluation.protocols import knn
from doppelganger.evaluation.table import TITLES, table_of
from doppelganger.evaluation.task_embeddings import embed
from tests.evaluation.conftest import SAMPLE_RATE, Spectrum


class Level(Encoder):
    """Level of the two halves of a window at another rate."""

    sample_rate, window_s, embedding_dim = 12000, 0.25, 2

    def forward(self, waveform):
        return waveform.unflatten(1, (2, -1)).square().mean(dim=2).add(1e-6).log()


@pytest.fixture
def task(make_pack):
    return read_task("pack", make_pack().folder, SAMPLE_RATE)


def test_every_encoder_scores_as_it_does_alone(encoder, task):
    others = {"level": Level(), "b": Spectrum(seed=3)}
    (together,) = evaluate({"trained": encoder, **others}, [task], ["knn"])
    scores = together["protocols"]["knn"]["encoders"]
    assert list(scores) == ["trained", "level", "b"]
    for name, each in {"trained": encoder, **others}.items():
        (alone,) = evaluate({"trained": each}, [task.at(each.sample_rate)], ["knn"])
        assert alone["protocols"]["knn"]["encoders"]["trained"] == scores[name]
        assert "minus_trained" not in alone["protocols"]["knn"]


def test_names_of_ones_own_need_no_trained_encoder(encoder, task):
    (result,) = evaluate({"a": encoder, "b": Level()}, [task], ["knn"])
    assert list(result["protocols"]["knn"]) == ["encoders"]
    (named,) = evaluate({"trained": encoder, "b": Level()}, [task], ["knn"])
    assert list(result["protocols"]["knn"]["encoders"].values()) == list(named["protocols"]["knn"]["encoders"].values())
    with pytest.raises(ValueError, match='from_scratch: expected an encoder named "trained"; got a, b'):
        evaluate({"a": encoder, "b": Level()}, [task], ["linear"], from_scratch=True)


def test_the_difference_is_a_paired_bootstrap_over_clips(task):
    encoders = {"trained": Spectrum(seed=7), "level": Level()}
    (result,) = evaluate(encoders, [task], ["knn"])
    found = result["protocols"]["knn"]["minus_trained"]
    assert list(found) == ["level"]
    embeddings, clips, _ = embed(encoders, task)
    right = {}
    for name, each in embeddings.items():
        probe_task = knn_task(each, task, clips)
        predictions = knn.predict(probe_task, lambda: None)
        answers = predictions.scores[0].argmax(axis=1)
        right[name] = (answers == probe_task.targets.truth[predictions.tested].argmax(axis=1)).astype(float)
    difference = right["level"] - right["trained"]
    drawn = np.random.default_rng(1).choice(difference, size=(20000, len(difference))).mean(axis=1)
    assert found["level"]["difference"] == pytest.approx(difference.mean())
    expected = np.quantile(drawn, [0.025, 0.975])
    assert (found["level"]["low"], found["level"]["high"]) == pytest.approx(tuple(expected), abs=0.05)
    assert found["level"]["low"] < found["level"]["high"]


def knn_task(embeddings, task, clips):
    return ProbeTask(embeddings, [task.labels[i] for i in clips], [task.folds[i] for i in clips])


def test_a_clip_that_one_encoder_cannot_use_is_left_out_of_all(make_pack):
    class Short(Level):
        sample_rate = 1000

    pack = make_pack()
    file = pack.read()[0][0]
    soundfile.write(pack.folder / file, np.ones(1), SAMPLE_RATE)  # less than a sample at 1000 Hz
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    embeddings, clips, skipped = embed({"a": Spectrum(), "b": Short()}, task)
    assert [clip["clip"] for clip in skipped] == [file] and 0 not in clips
    assert len(embeddings["a"].mean) == len(embeddings["b"].mean) == 23
    expected = embed({"a": Spectrum()}, task)[0]["a"]
    np.testing.assert_array_equal(embeddings["a"].mean, expected.mean[1:])
    np.testing.assert_array_equal(embeddings["a"].frames(3), expected.frames(4))


def test_synthetic_sounds_have_the_same_labels_at_every_rate():
    tasks = synthetic.synthetic_tasks(8000, n_sounds=20)
    for task in tasks:
        other = task.at(16000)
        assert other.labels == task.labels and other.clips == task.clips and task.at(8000) is task
        slow, fast = (next(iter(each.blocks(0))) for each in (task, other))
        assert len(fast) == 2 * len(slow) == 16000


def test_a_task_of_one_rate_is_not_read_at_another(task):
    with pytest.raises(ValueError, match="tones: expected encoders for 8000 Hz; got one for 12000 Hz"):
        dataclasses.replace(task, read_at=None).at(12000)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_is_whole_at_any_width(width):
    names = ["trained", "ast-finetuned-audioset-10-10-0.4593", "my_sounds.module:Encoder", "random", "log_mel"]
    scores = {name: {"score": 0.9 - i / 100, "low": 0.985, "high": 1.0} for i, name in enumerate(names)}
    gain = {"difference": -0.201, "low": -0.213, "high": -1.0}
    result = {"encoders": scores, "minus_trained": dict.fromkeys(names[1:], gain), "trained_minus_random": gain}
    size = {"n_clips": 105829, "n_classes": 35, "metric": "mAP", "skipped": []}
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table_of([{"name": "speech_commands_v2", "protocols": {"linear": result}, **size}], TITLES))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    for i in range(len(names)):
        assert f"{90 - i}.0" in text
    assert text.count("98.5–100.0") == 5 and text.count("-20.1") == text.count("-21.3…-100.0") == 4
    letters = "".join(text.split())
    assert ("random weights" in text and "speech_commands_v2" in letters.replace("small", "")) or width == 60
    assert text.index("encoder") < text.index("ast-finetuned") < text.index("my_sounds") < text.index("log-mel")


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["small", "log-mel"], ["small", "log-mel"]),
        (["runs/a/last.ckpt", "runs/b/last.ckpt"], ["a/last.ckpt", "b/last.ckpt"]),
        (["transformers:models/ast", "models/mae/", "their.module:Encoder"], ["ast", "mae", "their.module:Encoder"]),
        (["runs/trained", "random"], ["runs/trained", "./random"]),
    ],
)
def test_labels_are_short_and_differ(names, labels):
    assert labels_of(names) == labels


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command on encoders by name."""
    encoders = {"a": Spectrum(seed=7), "b": Spectrum(seed=3), "level": Level(), "log-mel": LogMelStatistics(8000, 0.5)}
    monkeypatch.setattr(command, "find_encoder", lambda name: encoders[name])
    fixed = ["--cache", str(tmp_path / "cache.sqlite"), "--out", str(tmp_path / "out"), "--protocol", "knn"]
    return lambda *arguments: main(["evaluate", *map(str, arguments), *fixed])


def test_the_command_writes_one_table_one_report_and_one_page(run, make_pack, tmp_path, capsys):
    run("--encoder", "a", "b", "level", "--packs", make_pack().folder)
    out = capsys.readouterr().out
    assert out.count("tones, knn") == 1 and "minus the first" in out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a_vs_b_vs_level.html",
        "a_vs_b_vs_level.json",
    ]
    report = json.loads((tmp_path / "out" / "a_vs_b_vs_level.json").read_text(encoding="utf-8"))
    assert [each["label"] for each in report["compared"].values()] == ["a", "b", "level"]
    assert report["encoder"] == "a" and report["config"] == report["compared"]["trained"]["config"]
    result = report["tasks"][0]["protocols"]["knn"]
    assert list(result["encoders"]) == ["trained", "random", "log_mel", "b", "level"]
    assert result["minus_trained"].keys() == {"random", "log_mel", "b", "level"}
    page = (tmp_path / "out" / "a_vs_b_vs_level.html").read_text(encoding="utf-8")
    assert [f"<th>{title}</th>" in page for title in ("a", "b", "level", "random weights", "log-mel")] == [True] * 5
    assert "<code>level</code>" in page and "difference to the first encoder" in page
    assert "encoder − random" not in page  # it is in the cell of random weights


def test_packs_of_one_name_are_told_apart(run, make_pack, tmp_path, capsys):
    """Else the page shows the confusions of one below the name of the other."""
    packs = [make_pack(name=f"{name}/sounds", labels=(name, "other")).folder for name in ("one", "two")]
    run("--encoder", "a", "--packs", *packs, make_pack().folder)
    report = json.loads((tmp_path / "out" / "a.json").read_text(encoding="utf-8"))
    assert [task["name"] for task in report["tasks"]] == ["one/sounds", "two/sounds", "tones"]
    with pytest.raises(SystemExit):
        run("--encoder", "a", "--packs", packs[0], packs[0])
    assert "--task, --packs: expected each once" in capsys.readouterr().err
    with pytest.raises(ValueError, match="each under a name of its own; got two named sounds"):
        evaluate({"trained": Spectrum()}, [read_task("pack", pack, SAMPLE_RATE) for pack in packs])


def test_log_mel_is_measured_once_as_the_baseline(run, make_pack, tmp_path):
    run("--encoder", "a", "log-mel", "--packs", make_pack().folder)
    report = json.loads((tmp_path / "out" / "a_vs_log-mel.json").read_text(encoding="utf-8"))
    (knn,) = (task["protocols"]["knn"]["encoders"] for task in report["tasks"])
    assert list(knn) == ["trained", "random", "log-mel"]
    assert report["compared"]["log-mel"]["config"]["arguments"]["sample_rate"] == SAMPLE_RATE


def test_an_encoder_named_twice_is_refused(run, capsys):
    with pytest.raises(SystemExit):
        run("--encoder", "a", "b", "a")
    assert "--encoder: expected each encoder once; got a b a" in capsys.readouterr().err


def test_baselines_of_an_encoder_that_removes_padding_have_short_windows():
    class Long(Level):
        removes_padding, window_s = True, 10.0

    assert with_baselines(Long())["log_mel"].window_s == 1.0
    assert with_baselines(Level())["log_mel"].window_s == 0.25
    assert torch.is_tensor(Long()(torch.zeros(1, 4)))
