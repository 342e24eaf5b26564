"""Voices within torch.func."""

import pytest
import torch
from torch.func import grad, vmap

import synths


@pytest.mark.parametrize("cls", [synths.Plucked, synths.SixOperatorFM])
@pytest.mark.filterwarnings("ignore:.*performance drop.*")
def test_vmap_gives_the_gradient_of_each_sound(cls):
    """Against autograd: rows are independent, so the gradient of the sum is that of each row."""
    synth = cls(sample_rate=8000, seconds=0.1)
    theta = synth.sample(torch.arange(3)).double().requires_grad_()
    found = vmap(grad(lambda row: synth(row[None]).square().mean()))(theta.detach())
    (expected,) = torch.autograd.grad(synth(theta).square().mean(dim=1).sum(), theta)
    assert expected.abs().max() > 0
    torch.testing.assert_close(found, expected)
