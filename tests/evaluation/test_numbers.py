"""A pack whose clips have numbers: probes predict them, scored by the coefficient of determination."""

import json
import re

import numpy as np
import pytest
import soundfile
from sklearn.metrics import r2_score

from doppelganger.__main__ import main
from doppelganger.evaluation import Task, evaluate, read_task
from doppelganger.evaluation.baselines import LogMelStatistics
from doppelganger.evaluation.figures import score_of
from doppelganger.evaluation.map import map_of
from doppelganger.evaluation.metrics import determination
from doppelganger.evaluation.probe_task import Embeddings, ProbeTask
from doppelganger.evaluation.protocols import PROTOCOLS, mlp
from doppelganger.evaluation.report.page import page_of, report_of
from doppelganger.evaluation.splits import splits_of
from doppelganger.evaluation.training_clips import training_clips

RATE = 16000


def tones(folder, n=40, values=None):
    """Tones from 200 to 2,000 Hz; the number of each is the logarithm of its frequency."""
    rng = np.random.default_rng(0)
    (folder / "audio").mkdir(parents=True)
    lines = ["file,value,fold"]
    for i in range(n):
        number = rng.uniform(np.log(200), np.log(2000))
        tone = 0.5 * np.sin(2 * np.pi * np.exp(number) * np.arange(RATE) / RATE)
        soundfile.write(folder / f"audio/{i}.wav", tone, RATE)
        lines.append(f"audio/{i}.wav,{values[i] if values else number},{i % 2}")
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder


def test_the_coefficient_of_determination_is_sklearns():
    rng = np.random.default_rng(0)
    truth, predicted = rng.normal(size=(30, 1)), rng.normal(size=(30, 1))
    counts = rng.integers(0, 3, size=(2, 30))
    expected = [r2_score(truth[:, 0], predicted[:, 0], sample_weight=each) for each in counts]
    np.testing.assert_allclose(determination(predicted, truth, counts.astype(float)), expected)


@pytest.mark.parametrize("protocol", PROTOCOLS.names())
def test_every_protocol_predicts_numbers(protocol, monkeypatch):
    monkeypatch.setattr(mlp, "N_TRIED", 2)
    rng = np.random.default_rng(1)
    hidden = rng.uniform(-1, 1, size=120)
    x = (hidden[:, None] * rng.normal(size=16) + 0.05 * rng.normal(size=(120, 16))).astype(np.float32)
    embeddings = Embeddings(x, lambda row: x[row : row + 1])
    labels = (5000.0 + 300.0 * hidden).tolist()
    task = ProbeTask(embeddings, labels, ["train"] * 80 + ["test"] * 40)
    predictions = PROTOCOLS.find(protocol).predict(task, lambda: None)
    predicted = predictions.scores.mean(axis=0)[:, 0]
    assert predictions.scores.shape[1:] == (40, 1)
    assert (
        r2_score((np.array(labels)[80:] - np.mean(labels)) / np.std(labels), predicted) > 0.5
    )  # of a head that guesses the mean, 0


def test_a_pack_of_numbers_is_evaluated(tmp_path, capsys):
    folder = tones(tmp_path / "tones", 60)
    options = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache.sqlite")]
    main(["evaluate", "--encoder", "log-mel", "--packs", str(folder), *options])
    (task,) = json.loads((tmp_path / "out" / "log-mel.json").read_text())["tasks"]
    found = task["protocols"]["linear"]["encoders"]
    assert (task["metric"], task["classes"], "confusion" in found["trained"]) == ("R2", [], False)
    assert found["trained"]["score"] > 0.7 and found["trained"]["low"] <= found["trained"]["score"]
    assert "R2" in capsys.readouterr().out
    assert "R2" in (tmp_path / "out" / "log-mel.html").read_text()


def test_bars_of_scores_below_zero_stay_on_their_axis():
    rng = np.random.default_rng(0)
    sounds, numbers = rng.standard_normal((24, 800)).astype(np.float32), rng.standard_normal(24).tolist()
    names, folds = [str(i) for i in range(24)], ["train", "test"] * 12
    task = Task("noise", names, numbers, folds, lambda clip: [sounds[clip]], str, 8000)
    results = evaluate({"trained": LogMelStatistics(8000, 0.1)}, [task], ["knn"])
    assert results[0]["protocols"]["knn"]["encoders"]["trained"]["low"] < 0
    page = page_of(report_of(results, encoder="log-mel", config=None, seed=0))
    places = [float(place) for place in re.findall(r"(?:left|width):(-?[\d.e-]+)%", page)]
    assert len(places) >= 3 and min(places) >= 0 and max(places) <= 100
    assert "for numbers, R2" in page and "Confusion matrices" not in page


@pytest.mark.parametrize("value", ["high", "nan", "inf", "-1e31"])
def test_a_value_is_a_finite_number(tmp_path, value):
    folder = tones(tmp_path / "tones", 3, [0.1, value, 0.3])
    with pytest.raises(
        ValueError, match=f"expected numbers below 1e\\+30 in the column value; got '{value}' for audio/1.wav"
    ):
        read_task("pack", folder, RATE)


def test_close_numbers_are_told_apart():
    seconds = [1.7e9 + i for i in range(100)]
    x = np.arange(100, dtype=np.float32)[:, None]
    embeddings = Embeddings(x, lambda row: x[row : row + 1])
    task = ProbeTask(embeddings, seconds, ["train", "test"] * 50)
    predictions = PROTOCOLS.find("linear").predict(task, lambda: None)
    score = score_of(predictions.scores, task.targets.truth[predictions.tested], type(task.targets))
    assert score["score"] > 0.8 and 0.7 < score["low"] <= score["high"]


def test_a_test_fold_of_one_number_is_no_task():
    with pytest.raises(ValueError, match=r"expected two numbers or more in fold test; got 3\.0"):
        splits_of(["train", "train", "test"], [1.0, 2.0, 3.0])


def test_equal_numbers_are_no_task():
    with pytest.raises(ValueError, match=r"expected two numbers or more in the clips; got 0\.5"):
        splits_of(["1", "2"], [0.5, 0.5])


def test_numbers_are_dealt_and_mapped_by_fifths(tmp_path):
    task = read_task("pack", tones(tmp_path / "tones", 20, list(range(20))), RATE)
    found = map_of(task, range(20), np.eye(20, dtype=np.float32))
    assert found.classes[0] == "0 to 3.8" and found.classes[-1] == "15.2 to 19"
    assert sorted(found.of_class) == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert dict(zip(found.labels, found.of_class, strict=True))["19.0"] == 4
    half = read_task("pack", tones(tmp_path / "named", 20), RATE)
    named = training_clips(type(half)(**{**vars(half), "folds": ["train"] * 15 + ["test"] * 5}))
    assert sorted(map(named.folds.count, set(named.folds))) == [7, 8]
