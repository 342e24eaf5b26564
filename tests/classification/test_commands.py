"""train-classifier and classify as a user runs them."""

import csv
import os
import shutil

import numpy as np
import pytest
import soundfile
import torch

from doppelganger.__main__ import main
from doppelganger.classification.head import load_classifier
from doppelganger.classification.training import fit
from doppelganger.embedding.audio import read_mono
from tests import without
from tests.classification.conftest import RATE, write_noise, write_tone


def labelled(folder, names):
    """Sounds of tone or noise, by the beginnings of their names."""
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (write_tone if "tone" in path.name else write_noise)(path, 100 + i)
    return folder


def test_a_classifier_of_subfolders(sounds, tmp_path, capsys):
    folder = shutil.copytree(sounds, tmp_path / "sounds")
    write_tone(folder / "stray.wav", 0)
    (folder / "tone" / "broken.wav").write_bytes(b"no sound")
    soundfile.write(folder / "noise" / "empty.wav", np.zeros(0), RATE)
    main(["train-classifier", str(folder), "--out", str(tmp_path / "model")])
    printed = capsys.readouterr()
    text = " ".join(printed.out.split())
    assert "Accuracy 100.0 % (95 % interval 83.9 to 100.0 %) on 20 clips" in text
    assert "5 stratified random folds" in text and "Largest class: noise, 60.0 %" in text
    assert "No clip was taken for another class." in text and max(map(len, printed.out.splitlines()[:-1])) <= 80
    for skipped in ("stray.wav: in no subfolder", "tone/broken.wav: not a readable", "noise/empty.wav: holds no"):
        assert f"skipped {skipped}" in printed.err


def test_copies_of_a_sound_are_left_out(sounds, tmp_path, capsys, failed):
    folder = shutil.copytree(sounds, tmp_path / "sounds")
    for i in range(4):
        shutil.copy(folder / "tone" / f"tone{i}.wav", folder / "tone" / f"tone{i} copy.wav")
    main(["train-classifier", str(folder), "--out", str(tmp_path / "model")])
    printed = capsys.readouterr()
    assert "on 20 clips" in printed.out and "skipped tone/tone0.wav: a copy of tone/tone0 copy.wav" in printed.err
    shutil.copy(folder / "tone" / "tone7.wav", folder / "noise" / "x.wav")
    message = failed("train-classifier", folder, "--out", tmp_path / "other")
    assert "one label for each sound; noise/x.wav (noise) and tone/tone7.wav (tone) are the same" in message


def test_files_that_cannot_be_opened_are_skipped(sounds, tmp_path, capsys):
    folder = shutil.copytree(sounds, tmp_path / "sounds")
    rows = [f"{path.relative_to(folder)},{path.parent.name}" for path in folder.glob("*/*.wav")]
    long = [f"{i:0300}.wav" for i in range(2)]  # an OSError in any look at it
    (folder / "labels.csv").write_text("\n".join(["file,label", *rows, f"{long[0]},tone", f"{long[1]},noise"]))
    main(["train-classifier", str(folder), "--out", str(tmp_path / "model")])
    printed = capsys.readouterr()
    assert "on 20 clips" in printed.out
    assert [f"skipped {name}: not a readable sound file" in printed.err for name in long] == [True, True]


def test_wrong_labels_score_chance(tmp_path, capsys):
    names = [f"{kind}{i}.wav" for kind in ("tone", "noise") for i in range(8)]
    folder = labelled(tmp_path / "sounds", names)
    rows = [f"{name},{'ab'[i % 2]}" for i, name in enumerate(names)]
    (folder / "labels.csv").write_text("\n".join(["file,label", *rows]))
    main(["train-classifier", str(folder), "--out", str(tmp_path / "model")])
    text = " ".join(capsys.readouterr().out.split())
    accuracy = float(text.partition("Accuracy ")[2].partition(" %")[0])
    assert accuracy <= 75 and "do not rely on it" in text and "Most confused" in text


def test_folds_of_a_table_are_used(tmp_path, capsys):
    names = [f"{kind}{i}.wav" for kind in ("tone", "noise") for i in range(6)]
    folder = labelled(tmp_path / "sounds", names)
    rows = [f"{name},{name[:-5]},{i % 3}" for i, name in enumerate(names)]
    (folder / "labels.csv").write_text("\n".join(["file,label,fold", *rows, "missing.wav,tone,0"]))
    main(["train-classifier", str(folder), "--out", str(tmp_path / "model")])
    printed = capsys.readouterr()
    assert "the 3 given folds" in " ".join(printed.out.split()) and "missing.wav: no such file" in printed.err


@pytest.mark.parametrize("new", [True, False])
def test_a_killed_run_is_done_by_the_same_command(new, sounds, model, tmp_path, monkeypatch):
    out = tmp_path / "model"
    if not new:
        shutil.copytree(model, out)
    command = ["train-classifier", str(sounds), "--out", str(out), "--quiet"]
    replace = os.replace

    def killed(*names):
        replace(*names)
        raise SystemExit(137)

    with monkeypatch.context() as patched, pytest.raises(SystemExit, match="137"):
        patched.setattr(os, "replace", killed)
        main(command)
    assert (out / "classifier.safetensors").is_file() and not (out / "README.md").exists()
    main(command)
    assert (out / "README.md").read_bytes() == (model / "README.md").read_bytes()
    assert torch.equal(load_classifier(out)[1].weight, load_classifier(model)[1].weight)


def test_what_a_run_killed_at_its_first_file_left_is_no_other_file(sounds, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / ".classifier.safetensors.host-1-1.tmp").touch()
    main(["train-classifier", str(sounds), "--out", str(tmp_path / "model"), "--quiet"])
    assert load_classifier(tmp_path / "model")


def test_classify_prints_labels_and_the_probabilities_of_scikit_learn(sounds, model, tmp_path, capsys):
    folder = labelled(tmp_path / ("long_" * 20), ["a_tone.wav", "b_noise.wav", "c_tone.wav"])
    (folder / "broken.wav").write_bytes(b"no sound")
    main(["classify", str(folder), str(folder / "a_tone.wav"), "--model", str(model), "--out", str(tmp_path / "t.csv")])
    printed = capsys.readouterr()
    assert "broken.wav: not a readable sound file" in printed.err and "t.csv" in printed.out
    with open(tmp_path / "t.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"][-11:].lstrip("/"), row["label"]) for row in rows] == [
        ("a_tone.wav", "tone"),
        ("b_noise.wav", "noise"),
        ("c_tone.wav", "tone"),
    ]
    encoder, _ = load_classifier(model)
    paths = [path for kind in ("tone", "noise") for path in sorted((sounds / kind).iterdir())]
    embeddings = [_embedding(encoder, path) for path in [*paths, *sorted(folder.glob("?_*.wav"))]]
    fitted = fit(np.array(embeddings[:-3]), [path.parent.name for path in paths])
    expected = fitted.predict_proba(embeddings[-3:]).max(axis=1)
    np.testing.assert_allclose([float(row["probability"]) for row in rows], expected, atol=2e-3)

    main(["classify", str(folder), "--model", str(model)])
    table = capsys.readouterr().out
    assert max(map(len, table.splitlines())) <= 80 and "…" not in table
    joined = "".join(line[:50].strip() for line in table.splitlines())
    assert joined.count("long_") >= 3 * 20 - 12 and "probability" in table and "noise" in table


def _embedding(encoder, path):
    window = np.zeros(encoder.window, dtype=np.float32)
    mono = read_mono(path, encoder.sample_rate)
    window[: len(mono)] = mono
    with torch.no_grad():
        return encoder(torch.from_numpy(window)[None])[0].numpy()


def test_classify_needs_no_scikit_learn(sounds, model, tmp_path):
    arguments = ["classify", str(sounds / "tone"), "--model", str(model)]
    code = f"from doppelganger.__main__ import main; main({arguments})"
    out, _ = without.run(code, "sklearn", "scipy", "matplotlib", "jinja2", "timm", "torchaudio", "pandas")
    assert out.count(" tone ") == 8
    arguments = ["train-classifier", str(sounds), "--out", str(tmp_path / "model")]
    code = f"from doppelganger.__main__ import main; main({arguments})"
    _, err = without.run(code, "sklearn", expected_exit=2)
    assert "no package sklearn: pip install" in err.splitlines()[-1]


def test_training_errors(sounds, tmp_path, failed):
    def train(folder, *more, out=tmp_path / "model"):
        return failed("train-classifier", folder, "--out", out, *more)

    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "README.md").write_text("mine")
    assert "expected a folder of labelled sounds; got nowhere" in train("nowhere")
    assert "expected a folder with sound files" in train(tmp_path / "other")
    assert "labels.csv or subfolders named by label; found neither" in train(sounds / "tone")
    assert ": expected a folder, or a new name; it is a file" in train(sounds, out=tmp_path / "file")
    assert "holds other files" in train(sounds, out=tmp_path / "other")
    assert (tmp_path / "other" / "README.md").read_text() == "mine"
    assert "--encoder: no checkpoint at nothing" in train(sounds, "--encoder", "nothing")
    assert "; torch.nn:Identity is a class of another package" in train(sounds, "--encoder", "torch.nn:Identity")
    assert "--device: expected a device of this machine" in train(sounds, "--device", "toaster")
    one = labelled(tmp_path / "one", [f"tone/tone{i}.wav" for i in range(4)])
    assert "expected two labels or more in" in train(one)
    labelled(one, ["noise/noise0.wav"])
    assert "two usable clips or more of each label" in train(one)
    # A second clip that cannot be read does not count.
    (one / "noise" / "broken.wav").write_bytes(b"no sound")
    assert "got one of noise" in train(one)
    assert not (tmp_path / "model").exists()


def test_classify_errors(sounds, model, tmp_path, failed):
    assert "there is no nowhere" in failed("classify", sounds, "nowhere", "--model", model)
    assert "--model: expected a folder written by" in failed("classify", sounds, "--model", "nowhere")
    assert "has no classifier.safetensors" in failed("classify", sounds, "--model", sounds)
    assert "--out: expected a file that ends in .csv" in failed("classify", sounds, "--model", model, "--out", "a.txt")
    (tmp_path / "a.csv").mkdir()
    arguments = ["classify", sounds, "--model", model, "--out", tmp_path / "a.csv"]
    assert "is a folder" in failed(*arguments)
    (tmp_path / "file").touch()
    arguments = ["classify", sounds / "tone" / "tone0.wav", "--model", model, "--out", tmp_path / "file" / "a.csv"]
    assert "a place in a folder" in failed(*arguments)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    assert "none of 1 is usable" in failed("classify", tmp_path / "broken.wav", "--model", model)


@pytest.mark.parametrize("name", ["train_classifier", "train-classifer"])
def test_a_command_has_one_name(name, failed):
    assert "invalid choice" in failed(name, "x", "--out", "y")
