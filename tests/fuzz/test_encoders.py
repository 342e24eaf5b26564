"""Checkpoints, exported encoders, classifiers and cards that somebody else may have changed."""

import json
import struct
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import given
from safetensors.torch import save_file

from doppelganger import AudioEncoder, LogMel, load_encoder
from doppelganger.checkpoints import load_objective
from doppelganger.classification.head import HEAD, LinearHead, load_classifier, save_head
from doppelganger.embedding.embed import embed_clips
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.export import card
from doppelganger.export.about import about
from doppelganger.export.formats import safetensors
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from tests.checkpoint_files import save
from tests.fuzz.mutants import byte_mutants, data_mutants, few, survives

pytestmark = pytest.mark.filterwarnings("ignore")
SOUND = np.random.default_rng(0).uniform(-0.1, 0.1, 20000).astype(np.float32)


def audio_encoder() -> AudioEncoder:
    return AudioEncoder("test_resnet", embedding_dim=4, frontend=LogMel(n_mels=32), window_s=0.5)


def convolutional() -> ConvolutionalEncoder:
    return ConvolutionalEncoder(LogMel(n_mels=16), dim=4, window_s=0.5)


@cache
def contents() -> dict[str, dict]:
    """Checkpoints as plain data: two encoders, and an objective."""
    options = {"depth": 1, "patch_size": [16, 8]}
    vit = AudioEncoder("audio_vit_tiny", None, window_s=0.4, backbone_options=options)
    duo = MaskedModelingDuo(vit, decoder_dim=16, decoder_depth=1, decoder_heads=2)
    duo.build(None)
    made = {"audio": audio_encoder(), "convolutional": convolutional(), "objective": duo}
    with TemporaryDirectory() as folder:
        for name, each in made.items():
            save(Path(folder, f"{name}.ckpt"), each)
        return {name: torch.load(Path(folder, f"{name}.ckpt"), weights_only=True) for name in made}


def use(path: str) -> None:
    """Loads an encoder and embeds a sound, as `embed` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = load_encoder(path)
        list(embed_clips([encoder], [("sound", [SOUND])]))


def plain(name: str) -> dict:
    """A checkpoint without its weights, whose mutants are those of byte_mutants."""
    return {key: value for key, value in contents()[name].items() if key != "state_dict"}


@pytest.mark.parametrize("name", ["audio", "convolutional"])
def test_recipes_of_checkpoints(name):
    @few
    @given(data_mutants(plain(name)))
    def check(mutant):
        weights = {"state_dict": contents()[name]["state_dict"]}
        torch.save({**mutant, **weights} if isinstance(mutant, dict) else mutant, "a.ckpt")
        survives(lambda: use("a.ckpt"))

    check()


def test_recipes_of_objectives():
    @few
    @given(data_mutants(plain("objective")))
    def check(mutant):
        content = (
            {**mutant, "state_dict": contents()["objective"]["state_dict"]} if isinstance(mutant, dict) else mutant
        )
        torch.save(content, "a.ckpt")
        survives(lambda: load_objective("a.ckpt"))

    check()


def test_bytes_of_checkpoints():
    torch.save(contents()["convolutional"], "whole.ckpt")
    whole = Path("whole.ckpt").read_bytes()

    @few
    @given(byte_mutants(whole))
    def check(mutant):
        Path("a.ckpt").write_bytes(mutant)
        survives(lambda: use("a.ckpt"))

    check()


@pytest.fixture
def exported() -> Path:
    encoder = convolutional().eval()
    safetensors.save(encoder, Path(), about(encoder, None))
    return Path("model.safetensors")


def test_headers_of_exported_encoders(exported):
    whole = exported.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])

    @few
    @given(byte_mutants(whole, first=8 + length))
    def check(mutant):
        exported.write_bytes(mutant)
        survives(lambda: use("model.safetensors"))

    check()


def test_metadata_and_cards_of_exported_encoders():
    encoder = convolutional().eval()
    facts = json.loads(json.dumps(about(encoder, None)))
    facts["scores"] = [
        {"task": "t", "metric": "accuracy", "clips": 3, "protocol": "linear"}
        | {"encoders": {"trained": {"score": 0.5, "low": 0.4, "high": 0.6}}}
    ]
    weights = {name: value.contiguous() for name, value in encoder.state_dict().items()}

    @few
    @given(data_mutants(facts))
    def check(mutant):
        try:
            text = json.dumps(mutant)
        except (TypeError, ValueError, RecursionError):
            return  # no file can hold it
        save_file(weights, "a.safetensors", {"doppelganger": text})

        def read() -> None:
            loaded = load_encoder("a.safetensors")
            card.write(Path(), about(loaded, "a.safetensors"), [Path("a.safetensors")])

        survives(read)

    check()


def test_bytes_of_classifiers(exported):
    head = LinearHead(["a", "b"], torch.zeros(4), torch.ones(4), torch.zeros(2, 4), torch.zeros(2))
    whole = save_head(Path(), head, {"accuracy": 0.5}, Path("model.safetensors").read_bytes()).read_bytes()

    @few
    @given(byte_mutants(whole))
    def check(mutant):
        Path(HEAD).write_bytes(mutant)
        survives(lambda: load_classifier("."))

    check()
