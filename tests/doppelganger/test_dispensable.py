"""Checkpoints of objectives with parts of other libraries, whose arguments they cannot keep."""

import warnings

import pytest
import torch
from torch import nn

from doppelganger import AudioEncoder
from doppelganger.augmentations import Chain, Gain, TorchAudiomentation
from doppelganger.checkpoints import load_objective
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.streams.pairs import Pairs
from tests.checkpoint_files import save


class Louder(nn.Module):
    """A transform of another library, with a weight of its own."""

    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor(2.0))

    def forward(self, samples, sample_rate):
        return samples * self.factor


class OthersLoss(nn.Module):
    def forward(self, a, b):
        return (a - b).square().mean()


def objective(augmentation, loss=None):
    encoder = AudioEncoder("test_resnet", 8, window_s=0.4)
    return Contrastive(encoder, loss or NTXent(), waveform_augmentation=augmentation).eval()


@pytest.mark.parametrize(
    "augmentation",
    [TorchAudiomentation(Louder()), Chain([Gain(), TorchAudiomentation(Louder())])],
    ids=["one", "chain"],
)
def test_an_augmentation_of_another_library_is_left_out_with_a_warning(augmentation, tmp_path):
    trained, sound = objective(augmentation), torch.randn(4, 6400)
    save(tmp_path / "a.ckpt", trained)
    said = r"no arguments of \S*Louder: .*'waveform_augmentation' of Contrastive .*load_objective\(path, waveform_aug"
    with pytest.warns(UserWarning, match=said):
        loaded = load_objective(tmp_path, Contrastive)
    assert loaded.waveform_augmentation is None
    assert torch.equal(loaded.encoder(sound), trained.encoder(sound))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given = load_objective(tmp_path, Contrastive, waveform_augmentation=augmentation)
        assert given.waveform_augmentation is augmentation
        assert load_objective(tmp_path, Contrastive, waveform_augmentation=None).waveform_augmentation is None


def test_our_own_augmentation_is_made_again(tmp_path):
    save(tmp_path / "a.ckpt", objective(Gain(p=0.3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(load_objective(tmp_path, Contrastive).waveform_augmentation, Gain)


def test_a_loss_of_another_library_is_not_dispensable(tmp_path):
    save(tmp_path / "a.ckpt", objective(None, OthersLoss()))
    with pytest.raises(ValueError, match=r"no arguments of \S*OthersLoss: .*load_objective\(path, loss=\.\.\.\)"):
        load_objective(tmp_path)


class OneEmbedding(nn.Module):
    def forward(self, x):
        return x.mean()


class ThreeDimensions(nn.Module):
    def forward(self, a, b):
        return (a.sum(dim=2) - b.sum(dim=2)).mean()


def test_a_loss_that_does_not_fit_says_what_was_expected():
    with pytest.raises(ValueError, match=r"expected a module of two embeddings.*OneEmbedding has forward\(x\)"):
        objective(None, OneEmbedding())
    wrong, sound = objective(None, ThreeDimensions()), torch.randn(4, 6400)
    with pytest.raises(ValueError, match=r"two embeddings \(batch, dim\); ThreeDimensions fails on two of \(4, 8\)"):
        wrong(Pairs(torch.arange(4), *[torch.zeros(4, 1)] * 3, sound, sound))
