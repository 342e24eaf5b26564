"""Sounds without any package but torch and numpy; encoders that are not timm's without what training needs."""

import json
import re
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import torch

from doppelganger import load_encoder
from doppelganger.encoders import AudioEncoder, ConvolutionalEncoder
from doppelganger.finding import find_encoder
from tests import without
from tests.checkpoint_files import save

TRAINING = (
    *("timm", "torchvision", "torchaudio", "pytorch_lightning", "lightning", "lightning_fabric", "torchmetrics"),
    *("jsonargparse", "librosa", "wandb", "tensorboard", "sklearn", "scipy", "matplotlib", "transformers", "jinja2"),
    *("platformdirs", "pandas", "numba", "huggingface_hub"),
)
EMBEDDING = ("soundfile", "yaml", "rich", "safetensors", "pyarrow", "soxr", "filelock")


@pytest.fixture
def checkpoint(tmp_path):
    encoder = ConvolutionalEncoder(dim=16, window_s=0.5).untrained(seed=3).eval()
    save(tmp_path / "last.ckpt", encoder)
    return tmp_path / "last.ckpt"


def test_sounds_need_torch_and_numpy_alone():
    code = "import synths; print(synths.Voice(seconds=0.1).play(__import__('torch').arange(2)).shape)"
    assert without.run(code, *TRAINING, *EMBEDDING)[0] == "torch.Size([2, 4410])\n"


def test_an_encoder_is_made_saved_and_loaded(tmp_path):
    code = f"""
import doppelganger, torch
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import KaldiFbank
encoder = ConvolutionalEncoder(KaldiFbank(n_mels=32), dim=16).eval()
weights = {{"encoder." + name: value for name, value in encoder.state_dict().items()}}
checkpoint = {{"encoder": encoder.recipe(), "encoder_prefix": "encoder.", "state_dict": weights}}
torch.save(checkpoint, {str(tmp_path / "a.ckpt")!r})
sound = torch.arange(2 * 16000).view(2, -1).sin()
print(torch.equal(doppelganger.load_encoder({str(tmp_path)!r})(sound), encoder(sound)))
print(sorted(name for name in doppelganger.__all__ if not hasattr(doppelganger, name)))
"""
    assert without.run(code, *TRAINING)[0] == "True\n[]\n"


@pytest.mark.parametrize("frames", [False, True])
def test_files_are_embedded(checkpoint, tmp_path, frames):
    sound = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 4
    (tmp_path / "sounds").mkdir()
    soundfile.write(tmp_path / "sounds" / "a.wav", sound, 16000, subtype="FLOAT")
    out = tmp_path / "a.parquet"
    arguments = ["embed", str(tmp_path / "sounds"), "--encoder", str(checkpoint), "--out", str(out)]
    arguments += ["--frames"] if frames else []
    without.run(f"from doppelganger.__main__ import main; main({arguments})", *TRAINING)
    expected = load_encoder(checkpoint).embed_with_frames(torch.from_numpy(sound)[None])[frames].detach().view(-1, 528)
    np.testing.assert_allclose(pq.read_table(out)["embedding"].to_pylist(), expected, atol=1e-5)


def test_an_encoder_is_exported_and_loaded_by_a_kit(checkpoint, tmp_path):
    encoder = load_encoder(checkpoint)
    arguments = ["export", "--encoder", str(checkpoint), "--out", str(tmp_path / "exported")]
    arguments += ["--format", "safetensors", "torchscript"]
    code = f"""
import json, torch
from doppelganger.__main__ import main
main({arguments})
from doppelganger.adapters import hear
model = hear.load_model({str(tmp_path / "exported")!r})
print(json.dumps(hear.get_scene_embeddings(torch.arange(8000)[None].sin(), model).tolist()))
"""
    expected = encoder(torch.arange(8000)[None].sin()).detach()
    printed = without.run(code, *TRAINING)[0].splitlines()
    np.testing.assert_allclose(json.loads(printed[-1]), expected, atol=1e-5)
    assert {"model.safetensors", "README.md"} <= {path.name for path in (tmp_path / "exported").iterdir()}


def test_log_mel_statistics_are_found():
    code = """
import torch
from doppelganger.finding import find_encoder
print(find_encoder("log-mel")(torch.arange(16000)[None].sin()).shape)
"""
    assert without.run(code, *TRAINING)[0] == "torch.Size([1, 128])\n"


def test_a_torchvision_for_another_torch_is_named(tmp_path, monkeypatch):
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator torchvision::nms does not exist\\nmore')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    said = (
        r"backbone resnet18 needs timm: torchvision [\d.]+\S* was built for another torch than "
        rf"{re.escape(torch.__version__)}: install both from one index"
    )
    with pytest.raises(ValueError, match=said):
        AudioEncoder("resnet18")
    with pytest.raises(
        FileNotFoundError, match="no checkpoint at resnet18, and backbone resnet18 needs timm: torchvision"
    ):
        find_encoder("resnet18")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "from doppelganger import AudioEncoder; AudioEncoder('resnet18')",
            "backbone resnet18 needs timm: pip install 'doppelganger-audio[timm]'",
        ),
        (
            "from doppelganger.finding import find_encoder; find_encoder('resnet18')",
            "no checkpoint at resnet18, and backbone resnet18 needs timm: pip install",
        ),
        (
            "from doppelganger.encoders.frontends import *; TorchaudioTransform('torchaudio.transforms.MFCC')",
            "torchaudio.transforms.MFCC needs torchaudio: pip install torchaudio",
        ),
    ],
)
def test_a_missing_package_is_named(code, said):
    assert said in without.run(code, "timm", "torchaudio", expected_exit=1)[1].splitlines()[-1]
