"""docs/adding.md, followed: what uses an encoder, and a tagger."""

import json

import numpy as np

from doppelganger import AudioEncoder
from tests.adding.page import commands, save


def test_an_encoder(package, run, barks):
    both, one = commands("An encoder")
    assert "minus the first" in run(f"{both} --cache cache.sqlite")
    report = json.loads((package / "knn" / "log-mel_vs_my_sounds.loudness.Loudness.json").read_text())
    (result,) = report["tasks"][0]["protocols"].values()
    assert list(result["encoders"]) == ["trained", "my_sounds.loudness:Loudness"]
    run(f"{one} --cache cache.sqlite")
    (alone,) = json.loads((package / "knn" / "loudness.json").read_text())["tasks"][0]["protocols"].values()
    assert alone["encoders"]["trained"] == result["encoders"]["my_sounds.loudness:Loudness"]


def test_a_task(package, run, barks):
    run(f"{commands('A task')[0]} --cache cache.sqlite")
    (task,) = json.loads((package / "knn" / "log-mel.json").read_text())["tasks"]
    assert (task["name"], task["n_clips"], task["classes"]) == ("barks", 18, ["Bella", "Rex"])
    assert task["about"].startswith("Barks: classify the dog") and task["protocols"]["knn"]["encoders"]


def test_a_protocol(package, run, barks):
    reports = {"my_sounds.nearest_mean": "log-mel", "nearest_mean": "log-mel-2"}
    for command, (name, report) in zip(commands("A protocol"), reports.items(), strict=True):
        run(f"{command} --cache cache.sqlite")
        (task,) = json.loads((package / "mean" / f"{report}.json").read_text())["tasks"]
        (scores,) = (task["protocols"][name]["encoders"],)
        assert all(score["score"] == 1 for score in scores.values())
        assert "nearest" in (package / "mean" / f"{report}.html").read_text()


def test_an_export_format(package, run):
    encoder = AudioEncoder("test_resnet", embedding_dim=8, window_s=0.5).eval()
    save(encoder, package / "ENCODER")
    first, both = commands("An export format")
    assert "model.npz" in run(first)
    weights = np.load(package / "exported" / "model.npz")
    assert set(weights) == set(encoder.state_dict())
    assert all(np.array_equal(weights[name], value.numpy()) for name, value in encoder.state_dict().items())
    run(both)
    assert (package / "exported" / "model.safetensors").is_file()


def test_a_tagger(package, run):
    captions = ["Rain falls hard", "Rain stops", "Wind howls"]
    rows = [json.dumps({"id": i, "caption": text}) for i, text in enumerate(captions)]
    (package / "captions.jsonl").write_text("\n".join(rows))
    expected = {"one": {"rain", "wind"}, "three": {"rain", "falls", "hard", "stops", "wind", "howls"}}
    for command, (folder, tags) in zip(commands("A tagger"), expected.items(), strict=True):
        run(command)
        lines = (package / folder / "vocabulary.tsv").read_text().splitlines()[1:]
        assert {line.split("\t")[0] for line in lines} == tags
