"""Transforms of torchaudio as front ends, by class path."""

import pytest
import torch
import torchaudio
import yaml
from jsonargparse import ArgumentParser

from doppelganger import AudioEncoder, FrontEnd, load_encoder
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.encoders.frontends import TorchaudioTransform
from doppelganger.export import FORMATS
from tests.checkpoint_files import save

MFCC = "torchaudio.transforms.MFCC"
SOUNDS = torch.randn(3, 16000, generator=torch.Generator().manual_seed(0)) * torch.tensor([[1.0], [1e-3], [1e-7]])
CONFIG = """
frontend:
  class_path: doppelganger.encoders.frontends.TorchaudioTransform
  init_args:
    transform: torchaudio.transforms.MFCC
    options: {n_mfcc: 13, melkwargs: {n_fft: 512, hop_length: 160, n_mels: 40}}
    frame_multiple: 4
"""


def test_a_config_names_it():
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(FrontEnd, "frontend")
    made_from = parser.parse_object(yaml.safe_load(CONFIG)).frontend
    assert made_from.class_path == "doppelganger.encoders.frontends.TorchaudioTransform"
    front_end = TorchaudioTransform(**made_from.init_args)
    mfcc = torchaudio.transforms.MFCC(16000, 13, melkwargs={"n_fft": 512, "hop_length": 160, "n_mels": 40})
    made = front_end(SOUNDS)
    assert made.shape == (3, 1, 13, 100) and front_end.n_bands == 13 and front_end.shortest == 512 + 3 * 160
    for sound, ours in zip(SOUNDS, made[:, 0], strict=True):  # one at a time: none clips another's coefficients
        torch.testing.assert_close(ours, mfcc(sound)[:, :100])


@pytest.mark.parametrize("name", ["Spectrogram", "MelSpectrogram", "LFCC"])
def test_a_front_end_gives_what_its_transform_gives(name):
    front_end = TorchaudioTransform(f"torchaudio.transforms.{name}", log_offset=None if name == "LFCC" else 0.01)
    expected = getattr(torchaudio.transforms, name)()(SOUNDS[:1])
    expected = expected if name == "LFCC" else (expected + 0.01).log()
    torch.testing.assert_close(front_end(SOUNDS[:1])[:, 0], expected)
    assert front_end(SOUNDS[:1, : front_end.shortest]).shape[3] >= 1


@pytest.mark.parametrize("cls", [AudioEncoder, ConvolutionalEncoder])
def test_a_checkpoint_and_an_export_keep_it(cls, tmp_path):
    front_end = TorchaudioTransform(
        "torchaudio.transforms.MelSpectrogram", {"n_mels": 32}, log_offset=1e-3, mean=-1.0, deviation=2.0
    )
    backbone = {"backbone": "test_resnet"} if cls is AudioEncoder else {}
    encoder = cls(frontend=front_end, **backbone).eval()
    save(tmp_path / "a.ckpt", encoder)
    loaded = load_encoder(tmp_path / "a.ckpt")
    assert loaded.recipe() == encoder.recipe() and torch.equal(loaded(SOUNDS), encoder(SOUNDS))
    if cls is AudioEncoder:
        (path,) = FORMATS.find("torchscript").save(encoder, tmp_path, {"recipe": encoder.recipe()})
        torch.testing.assert_close(torch.jit.load(path)(SOUNDS), encoder(SOUNDS), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("transform", "options", "said"),
    [
        ("os.system", {}, "expected a class path in torchaudio.transforms; got 'os.system'"),
        ("torchaudio.transforms.Nothing", {}, "torchaudio.transforms has no 'Nothing'"),
        ("torchaudio.transforms.os", {}, "has no 'os'"),
        (MFCC, {"n_mels": 3}, r"options: .*MFCC cannot be made from .*'n_mels': 3"),
        ("torchaudio.transforms.AmplitudeToDB", {}, "from waveform to real spectrogram; got .*AmplitudeToDB"),
        ("torchaudio.transforms.InverseSpectrogram", {}, "from waveform to real spectrogram"),
        ("torchaudio.transforms.SpectralCentroid", {}, "from waveform to real spectrogram"),
        ("torchaudio.transforms.Spectrogram", {"power": None}, "from waveform to real spectrogram"),
    ],
)
def test_what_is_no_front_end_is_refused(transform, options, said):
    with pytest.raises(ValueError, match=said):
        TorchaudioTransform(transform, options)
