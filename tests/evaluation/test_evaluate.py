"""End to end: packs on disk to a table, a JSON file and a page."""

import io
import json
import re
import shutil

import numpy as np
import pytest
import soundfile
import torch
import yaml
from rich.console import Console

import doppelganger.commands.evaluate as command
from doppelganger.__main__ import main
from doppelganger.evaluation import evaluate, read_task
from doppelganger.evaluation.baselines import LogMelStatistics, with_baselines
from doppelganger.evaluation.table import table_of

SAMPLE_RATE = 8000


@pytest.mark.usefixtures("few_epochs")
def test_results_add_up(encoder, make_pack):
    (result,) = evaluate(with_baselines(encoder), [read_task("pack", make_pack().folder, SAMPLE_RATE)])
    assert result["n_clips"] == result["n_tested"] == 24 and result["classes"] == ["high", "low"]
    linear = result["protocols"]["linear"]
    assert set(linear["encoders"]) == {"trained", "random", "log_mel"}
    for score in linear["encoders"].values():
        confusion = np.array(score["confusion"])
        assert confusion.sum(axis=1).tolist() == [12, 12]
        assert score["seeds"][0] == np.trace(confusion) / 24
        assert score["score"] == pytest.approx(np.mean(score["seeds"]))
        assert score["low"] <= score["score"] <= score["high"]
        assert score["chosen"].keys() == {"1", "2", "3"}
    assert linear["encoders"]["log_mel"]["score"] == 1
    difference = linear["encoders"]["trained"]["score"] - linear["encoders"]["random"]["score"]
    assert linear["trained_minus_random"]["difference"] == pytest.approx(difference)


@pytest.mark.usefixtures("few_epochs")
def test_only_the_test_fold_is_tested(encoder, make_pack):
    (result,) = evaluate(
        with_baselines(encoder), [read_task("pack", make_pack(("train", "val", "test")).folder, SAMPLE_RATE)]
    )
    assert result["n_clips"] == 24 and result["n_tested"] == 8 and result["folds"] == ["test"]


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("folds", [("1", "2"), ("train", "test"), ("train", "val", "test")])
def test_copies_of_training_clips_among_the_test_clips_are_told(encoder, make_pack, folds):
    pack = make_pack(folds)
    n = len(folds)
    audio = pack.folder / "audio"
    for test, train in ((n - 1, 0), (2 * n - 1, n)):  # a clip of the last fold, and one of the first
        shutil.copy(audio / f"{train}.wav", audio / f"{test}.wav")
    shutil.copy(audio / f"{2 * n}.wav", audio / f"{3 * n}.wav")  # both in the first fold
    with pytest.warns(UserWarning, match="which makes the score too high") as warned:
        (result,) = evaluate(with_baselines(encoder), [read_task("pack", pack.folder, SAMPLE_RATE)], ["knn"])
    (message,) = (str(warning.message) for warning in warned)
    assert message == f"tones: {result['about']}"
    assert f"audio/{n - 1}.wav (fold {folds[-1]}) of audio/0.wav (fold {folds[0]})" in message
    # Where every fold is tested, both clips of a pair are.
    assert message.startswith(f"tones: {4 if folds == ('1', '2') else 2} of the test clips are copies")


@pytest.mark.usefixtures("few_epochs")
def test_copies_in_one_fold_are_fine(encoder, make_pack, recwarn):
    pack = make_pack()
    shutil.copy(pack.folder / "audio" / "0.wav", pack.folder / "audio" / "3.wav")
    (result,) = evaluate(with_baselines(encoder), [read_task("pack", pack.folder, SAMPLE_RATE)], ["knn"])
    assert result["about"] == "" and not recwarn.list


@pytest.mark.parametrize("column", ["label", "labels"])
def test_classes_that_are_tested_and_never_trained_on_are_told(encoder, make_pack, column):
    pack = make_pack(("1", "2"))
    rows = [
        [file, "rare" if i < 4 else label, "1" if i < 4 else fold] for i, (file, label, fold) in enumerate(pack.read())
    ]
    pack.write(rows, ("file", column, "fold"))
    with pytest.warns(UserWarning, match="which makes the score too low") as warned:
        (result,) = evaluate({"trained": encoder}, [read_task("pack", pack.folder, SAMPLE_RATE)], ["knn"])
    (message,) = (str(warning.message) for warning in warned)
    assert message == f"tones: {result['about']}"
    assert "1 of the classes have test clips but no training clip" in message and "rare (tested in fold 1)" in message


@pytest.mark.usefixtures("few_epochs")
def test_the_same_seed_gives_the_same_results(encoder, make_pack):
    task = read_task("pack", make_pack(("train", "test")).folder, SAMPLE_RATE)
    assert evaluate(with_baselines(encoder), [task], seed=3) == evaluate(with_baselines(encoder), [task], seed=3)


@pytest.mark.usefixtures("few_epochs")
def test_the_encoder_is_frozen(encoder, make_pack):
    before = encoder.weight.clone()
    evaluate(with_baselines(encoder.train()), [read_task("pack", make_pack().folder, SAMPLE_RATE)])
    assert not encoder.training and torch.equal(encoder.weight, before) and encoder.weight.grad is None


@pytest.mark.usefixtures("few_epochs")
def test_bad_clips_are_skipped_and_named(encoder, make_pack):
    pack = make_pack()
    bad = pack.spoil()
    pack.write([*pack.read(), *[[file, "low", "1"] for file in bad]])
    task = read_task("pack", pack.folder, SAMPLE_RATE)
    (result,) = evaluate(with_baselines(encoder), [task])
    assert result["n_clips"] == 24
    assert [clip["clip"] for clip in result["skipped"]] == list(bad)
    with pytest.raises(ValueError, match=r"tones: audio/empty\.wav: holds no samples"):
        evaluate(with_baselines(encoder), [task], strict=True)


def test_a_fold_whose_clips_are_all_bad_is_an_error(encoder, make_pack):
    pack = make_pack()
    pack.write([*pack.read(), ["audio/missing.wav", "low", "4"]])
    with pytest.raises(ValueError, match="no clip of fold 4 can be used"):
        evaluate(with_baselines(encoder), [read_task("pack", pack.folder, SAMPLE_RATE)])


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100, 48000])
def test_log_mel_statistics_at_any_rate_in_silence(sample_rate, recwarn):
    noise = torch.randn(3, sample_rate, generator=torch.Generator().manual_seed(0))
    statistics = LogMelStatistics(sample_rate, 1.0)
    assert statistics(noise).shape == (3, 128) and statistics(torch.zeros(1, sample_rate)).isfinite().all()
    assert not recwarn.list


@pytest.fixture
def evaluate_command(encoder, tmp_path, monkeypatch):
    """Run the command with the small encoder; the checkpoint is run/last.ckpt."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.ckpt").touch()
    monkeypatch.setattr(command, "find_encoder", lambda path: encoder)
    fixed = ["evaluate", "--encoder", str(tmp_path / "run" / "last.ckpt"), "--cache", str(tmp_path / "cache.sqlite")]
    return lambda *arguments: main([*fixed, *map(str, arguments)])


@pytest.mark.usefixtures("few_epochs")
def test_the_command_prints_one_table_and_two_paths(evaluate_command, make_pack, tmp_path, capsys):
    evaluate_command("--packs", make_pack().folder, make_pack(("train", "test"), name="more").folder, "--seed", 5)
    out, err = capsys.readouterr()
    paths = [tmp_path / "run" / "evaluation" / f"last.{suffix}" for suffix in ("json", "html")]
    assert out.strip().splitlines()[-2:] == [str(path) for path in paths]
    assert re.search(r"tones, linear .*100\.0", out) and "24 clips, 2 classes" in out
    assert "tones" not in err  # no bar off a terminal
    report = json.loads(paths[0].read_text(encoding="utf-8"))
    assert report["seed"] == 5 and report["config"]["class"] == "tests.evaluation.conftest.Spectrum"
    assert [task["name"] for task in report["tasks"]] == ["tones", "more"]
    assert {"date", "commit", "machine", "encoder"} <= report.keys()
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["last.html", "last.json"]


@pytest.mark.usefixtures("few_epochs")
def test_a_report_has_the_whole_name_of_the_folder_of_the_encoder(evaluate_command, make_pack, tmp_path):
    (tmp_path / "lr0.1").mkdir()
    evaluate_command("--encoder", tmp_path / "lr0.1", "--packs", make_pack().folder, "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["lr0.1.html", "lr0.1.json"]


def test_a_configuration_that_cannot_be_replayed_is_told_and_stops_nothing(tmp_path, config, capsys):
    (tmp_path / "last.ckpt").touch()
    config["data"]["init_args"]["synth"]["init_args"]["seconds"] = 1e7
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    assert command._training(str(tmp_path / "last.ckpt")) == {"curves": [], "pairs": None}
    assert capsys.readouterr().err.startswith("The page shows no training pairs: data.synth: ")


def one_class(pack):
    pack.write([[file, "low", fold] for file, _, fold in pack.read()])


def no_labels(pack):
    (pack.folder / "labels.csv").unlink()


def no_test_clips(pack):
    pack.write([[file, label, "train"] for file, label, _ in pack.read()])


def nan_audio(pack):
    soundfile.write(pack.folder / "audio" / "0.wav", np.full(9, np.nan), SAMPLE_RATE, subtype="FLOAT")


def no_audio(pack):
    for file in (pack.folder / "audio").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (no_labels, "labels.csv"),
        (one_class, "two classes"),
        (no_test_clips, "fold test"),
        (nan_audio, "audio/0.wav: holds NaN"),
        (no_audio, "no such file"),
    ],
)
def test_a_pack_that_cannot_be_used_ends_in_one_line(evaluate_command, make_pack, tmp_path, capsys, spoil, message):
    pack = make_pack()
    spoil(pack)
    with pytest.raises(SystemExit) as stopped:
        evaluate_command("--packs", pack.folder, "--strict")
    assert stopped.value.code == 2
    last_line = capsys.readouterr().err.strip().splitlines()[-1]
    assert last_line.startswith("python -m doppelganger evaluate: ") and message in last_line
    assert not (tmp_path / "run" / "evaluation").exists()


def test_a_pack_without_usable_clips_is_an_error(evaluate_command, make_pack, capsys):
    pack = make_pack()
    no_audio(pack)
    with pytest.raises(SystemExit):
        evaluate_command("--packs", pack.folder)
    message = f"relative to its folder in the column file; got audio/0.wav, and no such file {pack.folder}/audio/0.wav"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--device", "toaster"], "--device"), (["--out", __file__], ": expected a folder, or a new name")],
)
def test_wrong_flags_are_named(evaluate_command, arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        evaluate_command(*arguments)
    assert stopped.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("from_scratch", [False, True])
def test_the_table_fits_80_columns_with_every_number_whole(from_scratch):
    score = {"score": 0.995, "low": 0.985, "high": 1.0}
    encoders = dict.fromkeys(("trained", "random", "log_mel", "from_scratch")[: 4 if from_scratch else 3], score)
    gain = {"difference": -0.201, "low": -0.213, "high": -0.181}
    protocols = {name: {"encoders": encoders, "trained_minus_random": gain} for name in ("linear", "attention")}
    size = {"n_clips": 105829, "n_classes": 35, "metric": "accuracy", "skipped": []}
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table_of([{"name": "speech_commands_v2", "protocols": protocols, **size}]))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80 and "…" not in "".join(lines).replace("-21.3…-18.1", "")
    text = "\n".join(lines)
    assert text.count("-20.1") == text.count("-21.3…-18.1") == 2
    assert text.count("98.5–100.0") == text.count("99.5") == 2 * len(encoders)


def test_the_table_cuts_no_interval_of_a_bad_r2():
    encoders = {"trained": {"score": -0.713, "low": -2.099, "high": -0.542}}
    size = {"n_clips": 12, "n_classes": 0, "metric": "R2", "skipped": []}
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table_of([{"name": "value", "protocols": {"knn": {"encoders": encoders}}, **size}]))
    lines = console.export_text().splitlines()
    assert "-209.9–-54.2" in "".join(line.split()[-1] for line in lines if line.strip())


def test_no_checkpoint(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--encoder", str(tmp_path / "none.ckpt")])
    assert stopped.value.code == 2 and "none.ckpt" in capsys.readouterr().err


@pytest.mark.usefixtures("few_epochs")
def test_clips_of_any_length_are_embedded(encoder, make_pack, tone):
    pack = make_pack()
    for i, (file, label, _) in enumerate(pack.read()):
        seconds = (0.001, 0.5, 0.7, 2.0)[i % 4]
        soundfile.write(pack.folder / file, tone(300 if label == "low" else 1500, seconds), SAMPLE_RATE)
    (result,) = evaluate(with_baselines(encoder), [read_task("pack", pack.folder, SAMPLE_RATE)])
    assert result["n_clips"] == 24 and not result["skipped"]
