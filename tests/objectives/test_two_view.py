"""Objectives of two views: what they take, and BYOL against a loop written from the paper."""

import copy
import dataclasses
import math

import pytest
import torch
from torch import Tensor, nn

from doppelganger import AudioEncoder, LogMel
from doppelganger.augmentations import Chain, Gain, LowPass, RandomFader, SpecAugment
from doppelganger.checkpoints import load_objective
from doppelganger.encoders import ConvolutionalEncoder, Encoder
from doppelganger.objectives.byol import BYOL
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.objectives.two_view import top1_accuracy
from doppelganger.streams.pairs import Pairs
from tests.checkpoint_files import save
from tests.objectives.eight_sounds import stream_of

N = 8


@pytest.fixture
def pairs() -> Pairs:
    return stream_of(Pairs)(torch.arange(N))


def convolutional() -> ConvolutionalEncoder:
    torch.manual_seed(0)
    return ConvolutionalEncoder(LogMel(n_mels=16, frame_multiple=1), dim=8, dropout=0.0, window_s=0.4)


def unit(x: Tensor) -> list[float]:
    length = math.sqrt(sum(float(value) ** 2 for value in x))
    return [float(value) / length for value in x]


@torch.no_grad()
def test_the_loss_of_byol_is_the_papers_equations_2_and_symmetrised(pairs):
    """Grill et al., section 3.1, item by item: in evaluation mode none depends on the others."""
    # Unlike views, so that a view compared with itself has another loss.
    pairs = dataclasses.replace(pairs, b=torch.randn(pairs.b.shape, generator=torch.Generator().manual_seed(0)))
    byol = BYOL(convolutional(), hidden_dim=16, projection_dim=6).eval()
    for p in byol.target_encoder.parameters():
        p.mul_(1.1)  # the target is another network
    total = 0.0
    for a, b in zip(pairs.a, pairs.b, strict=True):
        for one, other in ((a, b), (b, a)):
            prediction = byol.predictor(byol.projector(byol.encoder(one[None])))[0]
            target = byol.target_projector(byol.target_encoder(other[None]))[0]
            total += sum((q - z) ** 2 for q, z in zip(unit(prediction), unit(target), strict=True))
    assert byol(pairs)["loss"].item() == pytest.approx(total / N, rel=1e-4)


def test_byols_target_is_the_moving_average_of_encoder_and_projector(pairs):
    """Grill et al., equation 1: target = decay * target + (1 - decay) * online; no gradient reaches it."""
    byol = BYOL(convolutional(), hidden_dim=16, projection_dim=6, decay=0.9).train()
    before = copy.deepcopy(dict(byol.named_parameters()))
    byol(pairs)["loss"].backward()
    with torch.no_grad():
        for part in (byol.encoder, byol.projector, byol.predictor):
            for p in part.parameters():
                assert p.grad is not None
                p.add_(torch.arange(p.numel()).view(p.shape) % 7)
    byol.after_step()
    for name, value in byol.named_parameters():
        if name.startswith("target_"):
            online = byol.get_parameter(name.removeprefix("target_"))
            assert value.grad is None and not value.requires_grad
            torch.testing.assert_close(value, 0.9 * before[name] + 0.1 * online, msg=name)
    for name, value in byol.named_buffers():
        if name.startswith("target_"):
            assert torch.equal(value, byol.get_buffer(name.removeprefix("target_"))), name


def test_byols_target_starts_as_the_online_encoder():
    byol = BYOL(convolutional(), hidden_dim=16, projection_dim=6)
    for online, target in ((byol.encoder, byol.target_encoder), (byol.projector, byol.target_projector)):
        assert all(torch.equal(value, target.state_dict()[name]) for name, value in online.state_dict().items())
    with pytest.raises(ValueError, match=r"decay: expected at least 0 and below 1; got -0\.1"):
        BYOL(convolutional(), decay=-0.1)


@torch.no_grad()
def test_contrastive_learns_from_the_projection_of_both_views(pairs):
    objective = Contrastive(convolutional(), NTXent(0.5), projection_dims=[8, 4]).eval()
    a, b = (objective.projection(objective.encoder(view)) for view in (pairs.a, pairs.b))
    assert a.shape == (N, 4)
    terms = objective(pairs)
    torch.testing.assert_close(terms["loss"], NTXent(0.5)(a, b)["loss"])
    assert [type(layer) for layer in objective.projection] == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]


def test_a_loss_may_return_a_tensor_or_terms(pairs):
    class Distance(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return (a - b).square().mean()

    terms = Contrastive(convolutional(), Distance())(pairs)
    assert terms.keys() == {"loss", "top1_accuracy"} and terms["loss"].ndim == 0


def test_top1_accuracy_is_the_share_of_nearest_partners():
    a = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    b = torch.tensor([[9.0, 1.0], [3.0, 3.0], [1.0, 1.1]])  # the second's partner is the third's equal
    assert top1_accuracy(a, b).item() == pytest.approx(1 / 3)


def test_top1_accuracy_tells_near_embeddings_apart_in_half_precision():
    angle = 0.01 * torch.arange(5)
    near = torch.stack([angle.cos(), angle.sin()], dim=1)
    with torch.autocast("cpu", torch.bfloat16):
        assert top1_accuracy(near, near).item() == 1


def test_views_are_augmented_each_by_its_own_in_training_only(pairs):
    objective = Contrastive(convolutional(), NTXent(), augmentation=Chain([RandomFader(seed=3)]))
    spectrogram = objective.encoder.spectrogram
    changed = objective.train().views(pairs) - torch.cat([spectrogram(pairs.a), spectrogram(pairs.b)])[:, 0]
    fader = RandomFader(seed=3)
    for view, change in zip("ab", changed.chunk(2), strict=True):
        expected = fader(torch.zeros_like(change)[:, None], pairs.index, view)[:, 0]
        torch.testing.assert_close(change, expected, atol=1e-5, rtol=0)
    assert torch.equal(objective.eval().views(pairs), torch.cat([pairs.a, pairs.b]))
    assert objective.train()(pairs)["loss"].isfinite()


def test_waveforms_are_augmented_before_spectrograms(pairs):
    waveforms, fader = Chain([Gain(seed=2), LowPass(seed=3)]), RandomFader(seed=3)
    objective = Contrastive(convolutional(), NTXent(), augmentation=fader, waveform_augmentation=waveforms).train()
    for view, sound, made in zip("ab", (pairs.a, pairs.b), objective.views(pairs).chunk(2), strict=True):
        spectrogram = objective.encoder.spectrogram(waveforms(sound, pairs.index, view))
        torch.testing.assert_close(made, fader(spectrogram, pairs.index, view)[:, 0])
    assert torch.equal(objective.eval().views(pairs), torch.cat([pairs.a, pairs.b]))
    alone = Contrastive(convolutional(), NTXent(), waveform_augmentation=waveforms).train().views(pairs)
    assert torch.equal(alone[:N], waveforms(pairs.a, pairs.index, "a"))
    byol = BYOL(convolutional(), hidden_dim=16, projection_dim=6, waveform_augmentation=waveforms).train()
    assert torch.equal(byol.views(pairs), alone)


def test_spec_augment_masks_the_views_of_a_pair_by_themselves_and_again_alike(pairs):
    objective = Contrastive(convolutional(), NTXent(), augmentation=SpecAugment(4, 4)).train()
    first = objective.views(pairs)
    plain = torch.cat([objective.encoder.spectrogram(sound) for sound in (pairs.a, pairs.b)])[:, 0]
    torch.rand(3)
    assert torch.equal(first, objective.views(pairs)) and not torch.equal(first, plain)
    masks = (first != plain).chunk(2)
    assert not torch.equal(*masks)


def test_an_augmentation_has_its_place():
    with pytest.raises(ValueError, match="expected one of waveforms as waveform_augmentation"):
        Contrastive(convolutional(), NTXent(), augmentation=Chain([Gain()]))
    with pytest.raises(ValueError, match="expected one of spectrograms as augmentation"):
        Contrastive(convolutional(), NTXent(), waveform_augmentation=RandomFader())
    wrong = Chain([Gain(), LowPass((100.0, 4000.0), sample_rate=8000)])
    with pytest.raises(ValueError, match="expected LowPass at the encoder's sample rate, 16000 Hz; got 8000 Hz"):
        Contrastive(convolutional(), NTXent(), waveform_augmentation=wrong)


def test_an_augmentation_of_waveforms_needs_waveforms(pairs):
    objective = Contrastive(convolutional(), NTXent(), waveform_augmentation=Gain()).train()
    spectrogram = objective.encoder.spectrogram(pairs.a)[:, 0]
    with pytest.raises(ValueError, match=r"expected waveforms \(batch, n_samples\); got \(8, 16, "):
        objective.views(dataclasses.replace(pairs, a=spectrogram, b=spectrogram))


def test_an_augmentation_needs_a_front_end():
    class Raw(Encoder):
        sample_rate, window_s, embedding_dim = 16000, 0.4, 1

    with pytest.raises(ValueError, match="expected an encoder with a front end; got Raw"):
        Contrastive(Raw(), NTXent(), augmentation=RandomFader())


@torch.no_grad()
def test_augmentations_in_a_chain_come_back_from_a_checkpoint(pairs, tmp_path):
    chain = Chain([RandomFader(0.5, seed=3), RandomFader(seed=4)])
    encoder, gain = AudioEncoder("test_resnet", 8, LogMel(n_mels=32), 0.4), Chain([Gain((-3, 3), seed=5)])
    objective = Contrastive(encoder, NTXent(0.2), [4], chain, gain)
    save(tmp_path / "a.ckpt", objective)
    loaded = load_objective(tmp_path / "a.ckpt", Contrastive)
    assert [(fader.gain, fader.seed) for fader in loaded.augmentation.augmentations] == [(0.5, 3), (1.0, 4)]
    assert loaded.loss.temperature == 0.2
    torch.testing.assert_close(loaded.train().views(pairs), objective.train().views(pairs))


@torch.no_grad()
def test_a_loss_without_a_recipe_is_given_when_it_is_loaded(pairs, tmp_path):
    objective = Contrastive(convolutional(), nn.MSELoss())
    save(tmp_path / "a.ckpt", objective)
    expected = r"no arguments of torch\.nn\.\S+MSELoss: expected the argument 'loss' of Contrastive to be given"
    with pytest.raises(ValueError, match=expected):
        load_objective(tmp_path / "a.ckpt")
    loaded = load_objective(tmp_path / "a.ckpt", loss=NTXent(0.5))
    embedded = (objective.eval().encoder(view) for view in (pairs.a, pairs.b))
    torch.testing.assert_close(loaded(pairs)["loss"], NTXent(0.5)(*embedded)["loss"])
