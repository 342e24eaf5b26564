"""Sections of a report on the training: its curves, and its first pairs."""

import pytest
import yaml

from doppelganger.evaluation.report.curves import panels_of
from doppelganger.evaluation.report.pairs import training_pairs
from doppelganger.evaluation.report.run import run_folder, training_config


def test_curves_are_read_as_they_were_logged(metrics):
    loss, found, probe = panels_of(metrics)
    assert [(line.name, line.last) for line in loss.lines] == [("training", "1"), ("validation", "1.12")]
    assert [(line.name, line.last) for line in found.lines] == [("training", "100"), ("validation", "50")]
    assert [(line.name, line.last) for line in probe.lines] == [("pitch", "80")]
    assert len(loss.lines[0].marks) == 3  # without the nan
    assert [text for _, text in loss.across] == ["0", "10", "20", "30"]
    heights = [float(point.split(",")[1]) for point in loss.lines[0].path.split()]
    assert heights == sorted(heights) and heights[0] > 0  # a falling loss falls


def test_long_curves_are_thinned(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("step,train/loss\n" + "".join(f"{i},{i % 2}\n" for i in range(10_000)), encoding="utf-8")
    (loss,) = panels_of(path)
    assert len(loss.lines[0].path.split()) == 200


def test_pairs_are_those_of_the_training(config):
    made = training_pairs(config)
    assert made.seconds == 0.5 and len(made.views) == 4 and "Gaussian (delta 0.1)" in made.made_by
    assert len({view.sound for views in made.views for view in views}) == 8
    assert made == training_pairs(config)
    config["data"]["init_args"]["perturbation"] = None  # the data module's default
    assert training_pairs(config).made_by.endswith(", perturbed by Gaussian")
    assert training_pairs({"data": {"init_args": {"task": "esc50"}}}) is None and training_pairs({}) is None


def test_pairs_of_a_bank(config):
    voice = config["data"]["init_args"]["synth"]
    bank = {"class_path": "synths.SynthBank", "init_args": {"synths": {"one": voice, "two": voice}}}
    config["data"]["init_args"]["synth"] = bank
    assert len(training_pairs(config).views) == 4


@pytest.mark.parametrize(
    ("class_path", "message"),
    [
        ("os.system", "expected AudioSynth of"),
        ("doppelgangers.Voice", "neither declared as an entry point of doppelganger.synths nor imported"),
        ("Voice", "neither declared"),
        ("synths.nowhere.Voice", "No module"),
        ("synths.Nothing", "expected AudioSynth of"),
        ("synths.ParameterSpace", "expected AudioSynth of"),
        ("doppelganger.checkpoints.importlib", "expected AudioSynth of"),
        (7, "class_path and init_args"),
    ],
)
def test_nothing_but_synths_that_are_ours_declared_or_imported_is_made(config, class_path, message):
    config["data"]["init_args"]["synth"]["class_path"] = class_path
    with pytest.raises(ValueError, match=message):
        training_pairs(config)


def test_a_synth_that_has_changed_since_is_named(config):
    config["data"]["init_args"]["synth"]["init_args"]["flavour"] = 3
    with pytest.raises(ValueError, match=r"data\.synth: synths\.Voice cannot be made as it was in training.*flavour"):
        training_pairs(config)


def test_sounds_too_long_for_a_page_are_refused(config):
    config["data"]["init_args"]["synth"]["init_args"]["seconds"] = 300.0
    with pytest.raises(ValueError, match=r"data\.synth: expected sounds of at most 4,000,000 samples; got 4,800,000"):
        training_pairs(config)


def test_the_run_is_found_beside_its_checkpoint(tmp_path, config):
    run = tmp_path / "runs" / "name" / "date"
    (run / "checkpoints").mkdir(parents=True)
    checkpoint = run / "checkpoints" / "last.ckpt"
    checkpoint.touch()
    assert run_folder(checkpoint) is None and training_config(checkpoint) is None
    (run / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for named in (checkpoint, run, tmp_path / "runs" / "name"):
        assert run_folder(named) == run and training_config(named) == config
    assert run_folder("log-mel") is None and training_config("log-mel") is None
    (run / "config.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ValueError, match=r"config\.yaml: expected YAML"):
        training_config(run)


def test_the_configuration_in_a_checkpoint_comes_first(tmp_path, config, monkeypatch):
    import doppelganger.evaluation.report.run as module

    (tmp_path / "config.yaml").write_text("data: null", encoding="utf-8")
    monkeypatch.setattr(module, "load_checkpoint", lambda path: {"config": yaml.safe_dump(config)})
    assert training_config(tmp_path / "last.ckpt") == config
