"""The folder of a classifier: read as it was written, and refused where something does not fit."""

import json
import re
import shutil

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from doppelganger import load_encoder
from doppelganger.classification.head import HEAD, load_classifier
from doppelganger.export import FORMATS


@pytest.fixture
def copy(model, tmp_path):
    return shutil.copytree(model, tmp_path / "copy")


def rewrite(folder, about=(), **weights):
    """The classifier with other metadata or weights."""
    with safe_open(folder / HEAD, framework="pt") as file:
        metadata = {**json.loads(file.metadata()["classifier"]), **dict(about)}
        kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
    kept = {name: value for name, value in {**kept, **weights}.items() if value is not None}
    save_file(kept, folder / HEAD, metadata={"classifier": json.dumps(metadata)})


def test_a_folder_carries_everything(copy):
    files = {path.name for path in copy.iterdir()}
    assert files == {HEAD, "model.safetensors", "config.json", "README.md"}
    encoder, head = load_classifier(copy)
    assert head.labels == ["noise", "tone"] and head.weight.shape == (2, encoder.embedding_dim)
    sound = torch.randn(1, 8000)
    assert torch.equal(load_encoder(copy)(sound), encoder(sound))
    assert torch.equal(load_encoder("small")(sound), encoder(sound))
    card = (copy / "README.md").read_text()
    assert "Accuracy 100.0 %" in card and "| noise | 12 | 12 |" in card and "--model ." in card


def test_rewriting_alone_changes_nothing(copy):
    rewrite(copy)
    load_classifier(copy)


@pytest.mark.parametrize(
    ("about", "weights", "said"),
    [
        ({"labels": ["noise", "tone", "more"]}, {}, "expected weights of 3 labels and"),
        ({"labels": ["noise", "noise"]}, {}, "expected two or more different labels"),
        ({"labels": ["noise"]}, {}, "expected two or more different labels"),
        ({"labels": [1, 2]}, {}, "expected two or more different labels"),
        ({"labels": None}, {}, "expected two or more different labels"),
        ({}, {"bias": torch.zeros(3)}, "expected weights of 2 labels"),
        ({}, {"bias": None}, "expected weights of 2 labels"),
        ({}, {"more": torch.zeros(3)}, "expected weights of 2 labels"),
        ({}, {"mean": torch.zeros(5)}, "expected weights of 2 labels"),
        ({}, {"bias": torch.zeros(2, dtype=torch.float64)}, "expected finite weights in float32"),
        ({}, {"bias": torch.tensor([0, torch.nan])}, "expected finite weights in float32"),
        ({"encoder": "another"}, {}, "was trained with another encoder"),
    ],
)
def test_what_does_not_fit_is_refused(copy, about, weights, said):
    rewrite(copy, about, **weights)
    with pytest.raises(ValueError, match=said):
        load_classifier(copy)


def test_a_scale_of_zero_is_refused(copy):
    rewrite(copy, scale=torch.zeros(load_encoder(copy).embedding_dim))
    with pytest.raises(ValueError, match="expected positive scales"):
        load_classifier(copy)


def test_another_encoder_of_the_same_size_is_refused(copy):
    other = load_encoder("small").untrained(0)
    FORMATS.find("safetensors").save(other, copy, {"recipe": other.recipe()})
    with pytest.raises(ValueError, match=r"another encoder than the model\.safetensors beside it"):
        load_classifier(copy)


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_of_something_else_is_refused(copy, content):
    (copy / HEAD).write_bytes(content)
    with pytest.raises(ValueError, match=r"classifier\.safetensors (is not a \.safetensors file|holds no classifier)"):
        load_classifier(copy)


@pytest.mark.parametrize("name", [HEAD, "model.safetensors"])
def test_one_wrong_bit_is_noticed(name, copy):
    content = bytearray((copy / name).read_bytes())
    content[-3] ^= 1  # of a weight
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{re.escape(name)} is damaged, or was changed"):
        load_classifier(copy)


def test_wrong_labels_are_noticed(copy):
    content = (copy / HEAD).read_bytes()
    (copy / HEAD).write_bytes(content.replace(b"tone", b"tune"))
    with pytest.raises(ValueError, match=r"classifier\.safetensors is damaged, or was changed"):
        load_classifier(copy)


def test_missing_files_are_named(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"not its encoder, model\.safetensors"):
        load_classifier(copy)
    (copy / HEAD).unlink()
    with pytest.raises(FileNotFoundError, match=r"train-classifier`; .* has no classifier\.safetensors"):
        load_classifier(copy)
