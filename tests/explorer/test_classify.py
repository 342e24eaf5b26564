"""Accuracy of labelled uploads, against the command that trains a classifier."""

import json

import numpy as np
import pytest
import soundfile

from doppelganger.__main__ import main
from doppelganger.explorer.classify import LabelledClips
from doppelganger.explorer.server import UPLOAD_HEADER
from doppelganger.explorer.similarity import Similarity

RATE = 16000


def clips_of(folder, n=6):
    """Noisy tones of two pitches and noise, n files of each in a folder of its name, and their labels."""
    generator = np.random.default_rng(0)
    for label, hz in (("high", 2000), ("low", 250), ("noise", 0)):
        (folder / label).mkdir(parents=True)
        for i in range(n):
            tone = np.sin(2 * np.pi * hz * (1 + i / 50) / RATE * np.arange(RATE // 2))
            soundfile.write(folder / label / f"{i}.wav", (tone + 5 * generator.normal(size=RATE // 2)) / 40, RATE)
    return [(path, path.parent.name) for path in sorted(folder.rglob("*.wav"))]


def post(client, path, data):
    response = client.request("POST", path, data, {UPLOAD_HEADER: "1"})
    return response.status, json.loads(response.body)


def uploaded(client, clips):
    return [[post(client, "/api/clip", path.read_bytes())[1]["clip"], label] for path, label in clips]


def test_the_accuracy_is_that_of_train_classifier(tmp_path, capsys):
    files = clips_of(tmp_path / "sounds")
    clips = LabelledClips(Similarity("small"))
    rows = [[clips.add(path.read_bytes())["clip"], label] for path, label in files]
    main(["train-classifier", str(tmp_path / "sounds"), "--out", str(tmp_path / "model")])
    written = " ".join(capsys.readouterr().out.split())
    scores = clips.score(json.dumps(rows).encode())
    assert written.startswith(" ".join(scores["lines"])) and 0.4 < scores["accuracy"] < 1


def test_random_labels_are_not_learnt(client, tmp_path):
    rows = uploaded(client, clips_of(tmp_path, n=12))
    labels = np.random.default_rng(1).permutation(["a", "b"] * (len(rows) // 2))
    scores = post(client, "/api/accuracy", json.dumps([[rows[i][0], labels[i]] for i in range(len(rows))]))[1]
    assert scores["low"] < 0.5 and "do not rely on it" in scores["lines"][-1]


def test_a_file_that_is_dropped_twice_counts_once(client, tmp_path):
    rows = uploaded(client, clips_of(tmp_path))
    once, twice = (post(client, "/api/accuracy", json.dumps(some))[1] for some in (rows, rows + rows[:4]))
    assert (once["n_twice"], twice["n_twice"]) == (0, 4) and once["accuracy"] == twice["accuracy"]
    assert twice["n_clips"] == len(rows) and twice["classes"]["high"][0] == 6


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda clip: [], "expected two labels or more in what was dropped; got none"),
        (lambda clip: [[clip, "a"]], "expected two labels or more"),
        (lambda clip: [[clip, "a"], [clip, "b"]], "one file was dropped as a and as b"),
        (lambda clip: [["0" * 32, "a"]], "drop them again"),
        (lambda clip: {"clip": clip}, "expected a list"),
        (lambda clip: [[clip, 3]], "expected a list"),
        (lambda clip: [[clip, ""]], "labels of 1 to 80 characters"),
        (lambda clip: [[clip, "x" * 81]], "labels of 1 to 80 characters"),
        (lambda clip: [[clip, "a"]] * 2001, "at most 2000"),
    ],
    ids=range(9),
)
def test_a_wrong_list_is_named(client, tmp_path, rows, message):
    ((clip, _),) = uploaded(client, clips_of(tmp_path)[:1])
    status, answer = post(client, "/api/accuracy", json.dumps(rows(clip)))
    assert status == 400 and message in answer["error"]


def test_what_is_no_json_is_named(client):
    assert post(client, "/api/accuracy", b"\xff{")[0] == 400
    assert post(client, "/api/accuracy", b"[" * 100_000)[0] == 400
