"""Masked modeling duo: its targets, and its target encoder."""

import copy

import pytest
import torch

from doppelganger import AudioEncoder
from doppelganger.objectives.masked_modeling_duo import MaskedModelingDuo
from tests.objectives.test_masked import BATCH, DECODER, INDEX, SPECTROGRAMS, encoder


def test_the_duo_predicts_its_targets_latents_of_masked_patches():
    """Against Niizumi et al.'s public code (M2DViT.forward_loss), patch by patch."""
    duo = MaskedModelingDuo(encoder(), **DECODER).eval()
    duo.target.load_state_dict(encoder().backbone.state_dict())
    torch.nn.init.normal_(duo.target.norm.bias)  # else the last norm has already standardised the latents
    visible, masked = duo.masking(INDEX, 4, 12)
    tokens = duo.vit.embed(SPECTROGRAMS[:, None])
    online = torch.stack([tokens[i, visible[i]] for i in range(3)])
    rest = torch.stack([tokens[i, masked[i]] for i in range(3)])
    target = duo.target.transform(rest)[:, 1:].double()
    predicted = duo.predictor(duo.vit.transform(online), visible, masked, (4, 12)).double()
    distances = []
    for i in range(3):
        for j in range(36):
            latent = (target[i, j] - target[i, j].mean()) / (target[i, j].var() + 1e-6).sqrt()
            distances.append((predicted[i, j] / predicted[i, j].norm() - latent / latent.norm()).square().sum())
    assert duo(BATCH)["loss"].item() == pytest.approx(torch.stack(distances).mean().item(), rel=1e-4)


def test_the_target_is_a_moving_average_without_gradient():
    duo = MaskedModelingDuo(encoder(), **DECODER, decay=0.9)
    before = copy.deepcopy(duo.target.state_dict())
    duo(BATCH)["loss"].backward()
    assert all(p.grad is None for p in duo.target.parameters())
    with torch.no_grad():
        for p in duo.vit.parameters():
            p.add_(1.0)
    duo.after_step()
    for name, value in duo.target.state_dict().items():
        torch.testing.assert_close(value, before[name] + 0.1, msg=name)


def test_a_target_that_never_moves_is_refused():
    with pytest.raises(ValueError, match="decay: expected at least 0 and below 1; got 1"):
        MaskedModelingDuo(encoder(), decay=1.0)


def test_a_moving_average_in_half_precision_is_refused():
    """A step of 5e-5 of the way to the online network rounds to none."""
    duo = MaskedModelingDuo(encoder(), **DECODER).bfloat16()
    with pytest.raises(ValueError, match=r"in single precision; got torch\.bfloat16: train in mixed precision"):
        duo.after_step()


def test_the_duos_targets_are_those_without_drop_path_in_training():
    options = {"patch_size": (16, 8), "depth": 2, "drop_path_rate": 0.9}
    duo = MaskedModelingDuo(AudioEncoder("audio_vit_tiny", None, backbone_options=options), **DECODER)
    _, masked = duo.masking(INDEX, 4, 12)
    targets = [duo.targets(SPECTROGRAMS[:, None], masked)]  # a new module is in training mode
    assert not duo.eval().vit.training and duo.train().vit.training
    targets.append(duo.targets(SPECTROGRAMS[:, None], masked))
    assert torch.equal(*targets)
    torch.testing.assert_close(targets[0].mean(dim=2), torch.zeros(3, 36), atol=1e-5, rtol=0)
    torch.testing.assert_close(targets[0].std(dim=2), torch.ones(3, 36), atol=1e-4, rtol=0)
