"""Every YAML in configs/ against the code: a new config is tested by being there."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
import yaml

from doppelganger import AudioEncoder
from doppelganger.evaluation import task_names
from doppelganger.streams.stream import Stream
from lightning_modules.command_line.cli import TrainingCLI
from lightning_modules.configuration.sub_configs import with_sub_configs
from synths import AudioSynth

CONFIGS = Path(__file__).parents[2] / "configs"
RESOLVED = Path(__file__).parent / "resolved"
FILES = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CONFIGS.rglob("*.yaml"))}
WITH_MODEL = {
    path: with_sub_configs(content["model"], path.parent)["class_path"]
    for path, content in FILES.items()
    if "model" in content
}
FINETUNINGS = [path for path, module in WITH_MODEL.items() if module.endswith(".FineTuneModule")]
TRAININGS = [path for path in WITH_MODEL if path not in FINETUNINGS]
SWEEPS = [path for path, content in FILES.items() if "program" in content]
STUDIES = [path for path, content in FILES.items() if "rows" in content]
SUB_CONFIGS = FILES.keys() - WITH_MODEL.keys() - {*SWEEPS, *STUDIES}
SYNTHS = [path for path in FILES if path.parent.name == "synths"]


def parsed(monkeypatch, *arguments: str) -> TrainingCLI:
    """The command line with everything built and nothing run."""
    monkeypatch.setattr(sys, "argv", ["train.py", "--trainer.logger=false", *arguments])
    return TrainingCLI(run=False)


def resolved(monkeypatch, *arguments: str) -> dict[str, Any]:
    """The resolved config, as a run writes it, with nothing built."""
    monkeypatch.setattr(TrainingCLI, "instantiate_classes", lambda self: None)
    return config_of(parsed(monkeypatch, *arguments))


def config_of(cli: TrainingCLI) -> dict[str, Any]:
    return yaml.safe_load(cli.parser.dump(cli.config))


def require_as_recorded(path: Path, config: dict[str, Any]) -> None:
    """`resolved/` holds the values of every config before configs had sub-configs, and of later ones when they came.

    It leaves out None and what Lightning and torch decide.
    """
    if not (recorded := RESOLVED / path.relative_to(CONFIGS)).exists():
        return
    before, now = flat(yaml.safe_load(recorded.read_text(encoding="utf-8"))), flat(config)
    assert {key: now.get(key, "missing") for key in before} == before
    written = {key: value for key, value in flat(with_sub_configs(str(path))).items() if value is not None}
    assert {key for key in written if not key.startswith(".trainer.callbacks")} <= before.keys()


def flat(value: Any, key: str = "") -> dict[str, Any]:
    """Plain data as one value for each dotted key."""
    if not isinstance(value, dict | list) or not value:
        return {key: value}
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return {name: leaf for part, below in parts for name, leaf in flat(below, f"{key}.{part}").items()}


def named_files(value: Any, folder: Path) -> set[Path]:
    """The YAML files that a config names, and those that they name."""
    paths = {(folder / leaf).resolve() for leaf in flat(value).values() if str(leaf).endswith(".yaml")}
    return paths.union(*(named_files(FILES[path], path.parent) for path in paths))


@pytest.mark.filterwarnings("ignore:a batch of 128 pairs holds several")
@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_config_resolves_to_what_it_was_and_builds(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the folder does not matter
    Path("recordings").mkdir()
    for name in ("one", "another"):
        soundfile.write(f"recordings/{name}.wav", np.random.default_rng(0).uniform(-1, 1, 24000), 16000)
    monkeypatch.setattr(Stream, "compile", lambda self: None)
    cli = parsed(monkeypatch, "--config", str(path))
    require_as_recorded(path, config_of(cli))
    synth, encoder = cli.datamodule.synth, cli.model.encoder
    if isinstance(synth, AudioSynth):
        assert (synth.sample_rate, synth.seconds) == (encoder.sample_rate, encoder.window_s)
    with torch.no_grad():
        assert encoder.eval()(synth.play(torch.arange(2))).shape == (2, encoder.embedding_dim)
    assert cli.config["name"] != "run", "give the config a name, so that its runs have a folder"


@pytest.mark.parametrize("path", FINETUNINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_fine_tuning_takes_any_encoder(path, monkeypatch, tmp_path):
    encoder = AudioEncoder("test_resnet", embedding_dim=8)
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    checkpoint = {"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}
    torch.save(checkpoint, tmp_path / "last.ckpt")
    named = f"--model.init_args.encoder.init_args.path={tmp_path / 'last.ckpt'}"
    cli = parsed(monkeypatch, "--config", str(path), named, "--trainer.accelerator=cpu")
    assert cli.model.encoder.embedding_dim == 8 and cli.config["name"] != "run"
    assert cli.datamodule.task_name in task_names()


@pytest.mark.parametrize("path", FINETUNINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_fine_tuning_resolves_to_what_it_was(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    require_as_recorded(path, resolved(monkeypatch, f"--config={path}"))


def test_every_recorded_config_is_there():
    recorded = {CONFIGS / path.relative_to(RESOLVED) for path in RESOLVED.rglob("*.yaml")}
    assert recorded and recorded <= WITH_MODEL.keys()


@pytest.mark.parametrize("path", sorted(SUB_CONFIGS), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sub_config_is_used(path):
    users = [user for user in [*WITH_MODEL, *STUDIES] if path in named_files(FILES[user], user.parent)]
    name = path.relative_to(CONFIGS).as_posix()
    pages = [(CONFIGS.parent / "docs" / page).read_text() for page in ("synths.md", "training.md", "preset_page.py")]
    assert users or any(name in page for page in pages)


def test_a_key_of_a_sub_config_is_changed_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("data: {init_args: {batch_size: 3}}\ntrainer: {max_epochs: 9}")
    config = CONFIGS / "supervised" / "tagging.yaml"
    encoder = "model.init_args.objective.init_args.encoder.init_args"
    changes = [f"--{encoder}.backbone=audio_vit_small", f"--{encoder}.frontend.init_args.n_mels=128"]
    before = flat(resolved(monkeypatch, f"--config={config}"))
    now = flat(resolved(monkeypatch, f"--config={config}", "--config=mine.yaml", *changes))
    assert {key: value for key, value in now.items() if before.get(key) != value} == {
        f".{encoder}.backbone": "audio_vit_small",
        f".{encoder}.frontend.init_args.n_mels": 128,
        ".data.init_args.batch_size": 3,
        ".trainer.max_epochs": 9,
    }
    assert now.keys() == before.keys()


@pytest.mark.parametrize("path", SYNTHS, ids=lambda path: path.stem)
def test_a_synth_takes_the_place_of_another(path, monkeypatch):
    config = str(CONFIGS / "doppelganger" / "voice.yaml")
    named = f"--data.init_args.synth={path}"
    eager = "--data.init_args.compile=false"
    cli = parsed(monkeypatch, "--config", config, named, eager, "--trainer.accelerator=cpu")
    pairs = cli.datamodule.stream(torch.arange(2))
    assert pairs.a.shape == (2, round(cli.datamodule.synth.seconds * cli.model.encoder.sample_rate))
    assert not torch.equal(pairs.a, pairs.b)


@pytest.mark.parametrize("name", ["voice", "bank"])
def test_a_synth_from_a_file_keeps_its_own_settings(name, monkeypatch):
    """In place of a bank of voices, which has other ones."""
    path = CONFIGS / "synths" / f"{name}.yaml"
    config = str(CONFIGS / "m2d" / "voice.yaml")
    found = resolved(monkeypatch, f"--config={config}", f"--data.init_args.synth={path}")["data"]["init_args"]["synth"]
    given = flat(with_sub_configs(str(path)))
    assert given.items() <= flat(found).items() and not found.get("dict_kwargs")


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_key_of_a_sweep_is_a_key_of_its_config(path, monkeypatch):
    sweep = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert sweep["command"][:4] == ["${env}", "python", "${program}", "fit"] and sweep["program"] == "train.py"
    command, parameters = sweep["command"], dict(sweep["parameters"])
    configs = parameters.pop("config", None) or {"values": [command[command.index("--config") + 1]]}
    for config in configs["values"]:
        for end in (0, -1):  # the first value of every key, then the last; the rest would be as good
            point = {key: (p.get("values") or [p["min"], p["max"]])[end] for key, p in parameters.items()}
            values = [f"--{key}={value}" for key, value in point.items()]
            cli = parsed(monkeypatch, f"--config={config}", *values, "--trainer.accelerator=cpu")
            for key, value in point.items():
                assert str(value).endswith(".yaml") or cli.config[key] == value


@pytest.mark.parametrize(
    "argument, nearest",
    [
        ("--data.init_args.batchsize=4", "it accepts batch_size, "),
        ("--data.init_args.perturbation.init_args.delt=4", "it accepts delta"),
        ("--data.init_args.synth.init_args.sampel_rate=4", "it accepts sample_rate, "),
        ("--trainer.max_epoch=3", "did you mean trainer.max_epochs, "),
    ],
)
def test_an_unknown_key_names_the_nearest(argument, nearest, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        parsed(monkeypatch, "--config", str(CONFIGS / "quickstart.yaml"), argument)
    assert nearest in capsys.readouterr().err.splitlines()[-1]
