"""Encoders published on the Hub, and the metadata of their cards."""

import json
import sys
from pathlib import Path

import pytest
import torch
import yaml
from huggingface_hub import ModelCard

from doppelganger import load_encoder
from doppelganger.__main__ import main
from tests.checkpoint_files import save
from tests.hub.published import WAVEFORM, encoder_with
from tests.hub.server import Repository

SCORE = {"score": 0.61234, "low": 0.4, "high": 0.7, "seeds": [0.5]}


@pytest.fixture
def encoder(tmp_path):
    """An encoder with a checkpoint in run/ and its report beside it."""
    (tmp_path / "run" / "evaluation").mkdir(parents=True)
    save(tmp_path / "run" / "a.ckpt", encoder := encoder_with(seed=1))
    scores = {"encoders": {"trained": SCORE, "log_mel": SCORE | {"score": 0.25}}}
    protocols = {"linear": scores, "knn": {"encoders": {"trained": SCORE | {"score": 0.5}}}}
    tasks = [{"name": name, "metric": "accuracy", "n_clips": 20, "protocols": protocols} for name in ("esc50", "fsdd")]
    report = {"encoder": "a.ckpt", "config": encoder.recipe(), "tasks": tasks}
    (tmp_path / "run" / "evaluation" / "a.json").write_text(json.dumps(report))
    return encoder


def export(*more):
    main(["export", "--encoder", "run/a.ckpt", "--out", "out", *more])


def test_what_is_pushed_is_loaded_again(server, logged_in, encoder, capsys):
    export("--push", "me/kicks", "--license", "apache-2.0", "--format", "safetensors", "torchscript")
    repository = server.repositories["me/kicks"]
    (commit,) = repository.commits
    assert not repository.private
    assert repository.files("main") == {path.name: path.read_bytes() for path in Path("out").iterdir()}
    assert capsys.readouterr().out.splitlines()[-1] == f"{server.url}/me/kicks, to be loaded as me/kicks@{commit}"
    for name in ("me/kicks", f"me/kicks@{commit}"):
        assert torch.equal(load_encoder(name)(WAVEFORM), encoder(WAVEFORM))
    # Again, from the Hub to the Hub.
    main(["export", "--encoder", "me/kicks", "--out", "again", "--push", "you/kicks"])
    assert torch.equal(load_encoder("you/kicks")(WAVEFORM), encoder(WAVEFORM))
    assert ModelCard.load("again/README.md").data.license == "apache-2.0"


def test_the_card_has_the_metadata_of_the_hub(server, encoder):
    export("--license", "apache-2.0")
    card = ModelCard.load("out/README.md")
    assert (card.data.license, card.data.library_name, card.data.pipeline_tag) == (
        "apache-2.0",
        "doppelganger-audio",
        "feature-extraction",
    )
    results = {(each.dataset_name, each.metric_name): each.metric_value for each in card.data.eval_results}
    each = {"accuracy, linear": 0.6123, "accuracy, knn": 0.5}
    assert results == {(task, name): value for task in ("esc50", "fsdd") for name, value in each.items()}
    assert {each.metric_type for each in card.data.eval_results} == {"accuracy"}
    assert "Weights: `apache-2.0`" in card.text and 'load_encoder(".")' in card.text


def test_the_card_names_its_repository_and_is_else_the_same(server, logged_in, encoder):
    export()
    here = Path("out/README.md").read_text()
    export("--push", "me/kicks")
    assert Path("out/README.md").read_text() == here.replace('load_encoder(".")', 'load_encoder("me/kicks")')
    assert "license" not in ModelCard.load("out/README.md").data.to_dict()


def test_without_the_package_the_card_lacks_the_results_alone(server, encoder, monkeypatch):
    export("--license", "mit")
    complete = ModelCard.load("out/README.md").data.to_dict()
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    export("--license", "mit")
    _, front, _ = Path("out/README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front) == {name: value for name, value in complete.items() if name != "model-index"}


def test_a_private_repository_stays_private(server, logged_in, encoder, message):
    export("--push", "me/kicks", "--private")
    export("--push", "me/kicks", "--private", "--half")
    assert server.repositories["me/kicks"].private and len(server.repositories["me/kicks"].commits) == 2
    server.repositories["me/open"] = Repository()
    line = message("export", "--encoder", "run/a.ckpt", "--push", "me/open", "--private")
    assert "me/open was not uploaded: it exists and is public" in line
    assert not server.repositories["me/open"].commits


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--push", "me/kicks"], "refuses access; log in with `hf auth login`, with a token that may write me/kicks"),
        (["--push", "kicks"], "--push: expected USER/REPO, such as me/my-encoder; got kicks"),
        (["--push", "me/kicks@main"], "--push: expected USER/REPO"),
        (["--push", "me/kicks", "--format", "torchscript"], "--push: expected safetensors in --format"),
        (["--private"], "--private: expected --push USER/REPO beside it"),
    ],
)
def test_a_push_that_fails_says_why(server, encoder, message, arguments, said):
    assert said in message("export", "--encoder", "run/a.ckpt", *arguments)
    assert not server.repositories


def test_a_licence_that_the_hub_does_not_know_is_named(server, logged_in, encoder, message):
    line = message("export", "--encoder", "run/a.ckpt", "--push", "me/kicks", "--license", "apache2")
    assert '--push: Invalid metadata in README.md. - "license" must be one of [apache-2.0' in line
    assert not server.repositories["me/kicks"].commits


def test_a_push_without_a_hub_says_so(server, encoder, connect, message, monkeypatch):
    connect("http://127.0.0.1:9")
    line = message("export", "--encoder", "run/a.ckpt", "--push", "me/kicks")
    assert "--push: me/kicks was not uploaded: http://127.0.0.1:9 failed (" in line and "refused" in line
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    line = message("export", "--encoder", "run/a.ckpt", "--push", "me/kicks")
    assert line.endswith("me/kicks was not uploaded: HF_HUB_OFFLINE is set; unset it to connect to http://127.0.0.1:9")
