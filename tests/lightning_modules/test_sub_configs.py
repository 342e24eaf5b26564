"""Configs of several files as plain data."""

from pathlib import Path

import pytest
import yaml

from lightning_modules.configuration.sub_configs import as_recorded, from_here, with_sub_configs
from lightning_modules.studies.study_file import digest_of, read_study


@pytest.fixture
def configs(tmp_path):
    files = {
        "top/config.yaml": {"data": {"synth": "../synths/bank.yaml", "batch_size": 4}},
        "synths/bank.yaml": {"synths": ["voice.yaml", {"class_path": "Drum"}], "weights": None},
        "synths/voice.yaml": {"class_path": "Voice", "seconds": 1.0},
        "studies/study.yaml": {
            "name": "small",
            "config": "../top/config.yaml",
            "metrics": ["pairs"],
            "rows": {"same": None, "voice": {"synth": "../synths/voice.yaml"}},
        },
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump(content))
    return tmp_path


def test_the_content_of_each_file_takes_the_place_of_its_path(configs):
    bank = {"synths": [{"class_path": "Voice", "seconds": 1.0}, {"class_path": "Drum"}], "weights": None}
    assert with_sub_configs("top/config.yaml", configs) == {"data": {"synth": bank, "batch_size": 4}}
    assert with_sub_configs({"path": "runs/last"}, configs) == {"path": "runs/last"}
    with pytest.raises(FileNotFoundError, match=r"synths/none\.yaml"):
        with_sub_configs(["synths/none.yaml"], configs)


def test_paths_of_a_study_are_relative_to_its_file(configs, monkeypatch):
    monkeypatch.chdir(configs / "top")
    study = read_study(Path("../studies/study.yaml"))
    assert study["config"] == "../top/config.yaml" and study["rows"]["voice"] == {"synth": "../synths/voice.yaml"}
    monkeypatch.chdir(configs)
    study = read_study(Path("studies/study.yaml"))
    assert study["config"] == "top/config.yaml" and study["rows"]["voice"] == {"synth": "synths/voice.yaml"}
    assert from_here(0.1, Path("studies")) == 0.1
    nested = {"class_path": "a.B", "init_args": {"encoders": ["vit.yaml", 3]}}
    assert from_here(nested, Path("studies")) == {
        "class_path": "a.B",
        "init_args": {"encoders": ["studies/vit.yaml", 3]},
    }


def test_a_changed_sub_config_is_another_recipe_of_a_row(configs, monkeypatch):
    def digests(path: str) -> dict[str, str]:
        study = read_study(Path(path))
        return {name: digest_of(study, settings, []) for name, settings in study["rows"].items()}

    monkeypatch.chdir(configs)
    before = digests("studies/study.yaml")
    monkeypatch.chdir(configs / "synths")
    assert digests("../studies/study.yaml") == before
    (configs / "synths/voice.yaml").write_text("class_path: Voice\nseconds: 2.0")
    changed = digests("../studies/study.yaml")
    assert changed["same"] != before["same"] and changed["voice"] != before["voice"]


def test_a_row_is_the_same_on_a_cpu_and_on_a_gpu(configs, monkeypatch):
    monkeypatch.chdir(configs)
    study = {"config": "top/here.yaml", "metrics": ["choice"]}

    def digest(config: str, **settings: object) -> str:
        (configs / "top/here.yaml").write_text(config)
        return digest_of(study, settings, [])

    cpu = digest("trainer: {accelerator: cpu, max_epochs: 1}\ndata: {init_args: {render_ahead: 4}}")
    assert digest("trainer: {max_epochs: 1}\ndata: {init_args: {}}") == cpu
    assert digest("trainer: {max_epochs: 1}\ndata: {init_args: {}}", **{"trainer.accelerator": "gpu"}) == cpu
    assert digest("trainer: {max_epochs: 2}\ndata: {init_args: {}}") != cpu
    assert digest("trainer: {max_epochs: 1}\ndata: {init_args: {}}", **{"trainer.max_epochs": 3}) != cpu


def test_results_keep_no_folder_of_a_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    configs = Path(__file__).parents[2] / "configs"
    given = {"a": [str(configs / "mae/voice.yaml"), str(tmp_path / "mine/b.yaml"), "c.yaml"], "d": "/elsewhere/e.yaml"}
    assert as_recorded(given | {"n": 1}) == {
        "a": ["configs/mae/voice.yaml", "mine/b.yaml", "c.yaml"],
        "d": "e.yaml",
        "n": 1,
    }
