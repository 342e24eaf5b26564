"""A few bytes from a stranger take no gigabytes, and what does not fit says why in one line."""

import json
import resource
import time
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.memory_limit import MemoryLimit, TooLarge
from tests.checkpoint_files import save


def small_encoder() -> AudioEncoder:
    return AudioEncoder("test_resnet", embedding_dim=16, frontend=LogMel(n_mels=32), window_s=0.5)


def refused(folder: Path, recipe) -> str:
    """The message on a checkpoint with another recipe, which must come soon and take little memory."""
    save(folder / "a.ckpt", small_encoder(), encoder=recipe)
    start_s, before_kb = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError) as error:
        load_encoder(folder / "a.ckpt")
    assert time.process_time() - start_s < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 1.2e6
    assert "\n" not in str(error.value) and len(str(error.value)) < 800
    assert str(error.value).startswith(f"{folder / 'a.ckpt'}: ")
    return str(error.value)


def recipe_with(**arguments) -> dict:
    recipe = small_encoder().recipe()
    front_end = {name: arguments.pop(name) for name in ("n_mels", "n_fft", "hop_s") if name in arguments}
    recipe["arguments"]["frontend"]["arguments"] |= front_end
    return {**recipe, "arguments": recipe["arguments"] | arguments}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embedding_dim": 10**10}, "expected numbers up to 10,000,000; got embedding_dim: 10000000000"),
        ({"backbone_options": {"drop_rate": float("nan")}}, "got drop_rate: nan"),
        ({"embedding_dim": 10**7}, "takes more than 1.0 GB to make"),
        ({"n_mels": 10**7}, "takes more than 1.0 GB to make"),
        ({"n_fft": 10**7}, "takes more than 1.0 GB to make"),
        ({"n_mels": 10**5, "n_fft": 10**6}, "takes more than 1.0 GB to make"),
        (
            {"backbone": "vit_tiny_patch16_224", "backbone_options": {"depth": 10**7, "embed_dim": 12}},
            "20,000 operations to make",
        ),
        ({"window_s": 1e6}, "expected window_s of 1 to 4,194,304 samples at 16000 Hz; got 1000000.0"),
        ({"window_s": "long"}, "expected window_s of 1 to 4,194,304 samples at 16000 Hz; got 'long'"),
        ({"window_s": 250.0, "hop_s": 0.005}, "expected spectrograms of 1 to 1,048,576 values; got"),
        ({"n_mels": 0}, "expected spectrograms of 1 to 1,048,576 values; got 0"),
        ({"backbone_options": {"colour": "x"}}, "does not fit doppelganger.encoders.audio_encoder.AudioEncoder"),
    ],
)
def test_sizes_are_checked_before_memory_is_taken(arguments, message, tmp_path):
    assert message in refused(tmp_path, recipe_with(**arguments))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (None, "expected a recipe, with class and arguments; got None"),
        ("resnet18", "expected a recipe, with class and arguments; got resnet18"),
        ({"class": 3, "arguments": {}}, "expected a recipe, with class and arguments"),
        ({"class": "doppelganger.encoders.audio_encoder.AudioEncoder"}, "with arguments; got"),
        ({"class": "doppelganger.encoders.audio_encoder.AudioEncoder", "arguments": []}, "with arguments; got"),
    ],
)
def test_a_recipe_that_is_none_is_named(recipe, message, tmp_path):
    assert message in refused(tmp_path, recipe)


def test_a_recipe_that_stands_for_billions_of_values_is_refused(tmp_path):
    many = ["x"] * 9
    for _ in range(12):
        many = [many] * 9
    assert "stands for more than 100,000 values" in refused(tmp_path, recipe_with(backbone_options={"a": many}))


def test_a_compressed_checkpoint_is_refused(tmp_path):
    save(tmp_path / "a.ckpt", small_encoder())
    whole, small = zipfile.ZipFile(tmp_path / "a.ckpt"), zipfile.ZipFile(tmp_path / "b.ckpt", "w", zipfile.ZIP_DEFLATED)
    with whole, small:
        for part in whole.namelist():
            small.writestr(part, whole.read(part))
    with pytest.raises(ValueError, match=r"expected a checkpoint as torch\.save writes it; .* in it is compressed"):
        load_encoder(tmp_path / "b.ckpt")


@pytest.mark.parametrize("metadata", ["{", "[]", "{}", "[" * 100_000, '{"recipe": [3]}'])
def test_metadata_of_an_exported_encoder_that_is_none_is_named(metadata, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"doppelganger": metadata})
    with pytest.raises(ValueError, match=r"a\.safetensors: (metadata: )?expected "):
        load_encoder(tmp_path / "a.safetensors")


def test_a_file_of_another_kind_is_named(tmp_path):
    for name, content in (("a.txt", b"hello"), ("a.ckpt", b""), ("a.wav", b"RIFF\0\0\0\0WAVEfmt ")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match="expected a checkpoint written by doppelganger-train; it is none, not a"):
            load_encoder(tmp_path / name)


def test_the_bound_counts_what_is_made_and_changes_nothing():
    torch.manual_seed(0)
    expected = ConvolutionalEncoder(LogMel(n_mels=16), dim=8).state_dict()
    torch.manual_seed(0)
    with MemoryLimit(10**8) as bound:
        made = ConvolutionalEncoder(LogMel(n_mels=16), dim=8).state_dict()
    assert json.dumps(sorted(made)) == json.dumps(sorted(expected))
    assert all(torch.equal(made[name], expected[name]) for name in made)
    assert bound.n_made >= sum(value.nbytes for value in made.values())
    with MemoryLimit(4000), pytest.raises(TooLarge, match=r"more than 0\.0 GB"):
        torch.zeros(1001)
    with MemoryLimit(10**9), pytest.raises(TooLarge):
        torch.ones(10**5, 1) * torch.ones(1, 10**5)


@pytest.mark.parametrize(
    "make",
    [
        lambda column: torch.arange(1000),
        lambda column: torch.arange(1000, 0, -1),
        lambda column: torch.arange(0.0, 500.0, 0.5),
        lambda column: torch.linspace(0, 1, 1000),
        lambda column: torch.eye(25, 40),
        lambda column: torch.hann_window(1000),
        lambda column: torch.full((25, 40), 1.5),
        lambda column: column.new_zeros(25, 40),
        lambda column: column.repeat(1, 25),
        lambda column: torch.nn.functional.pad(column, (10, 14)),
        lambda column: torch.nn.functional.pad(column, (0, 0, 500, 460)),
        lambda column: column @ column[:25].T,
        lambda column: column + column[:25].T,
    ],
)
def test_a_thousand_values_are_counted_however_they_are_made(make):
    column = torch.ones(40, 1)
    assert make(column).numel() == 1000
    with MemoryLimit(7999), pytest.raises(TooLarge):
        make(column)
    with MemoryLimit(3 * 8000):
        make(column)
