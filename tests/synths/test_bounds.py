"""Bounds, and the knobs that they would hold at the end of their range."""

import pytest
import torch

import synths
from synths.dsp.bounds import at_least, at_most, between


@pytest.mark.parametrize(
    ("bounded", "values", "slopes"),
    [
        (lambda x: at_least(x, 2), [2, 2, 3, 4, 5], [0, 1, 1, 1, 1]),
        (lambda x: at_most(x, 4), [1, 2, 3, 4, 4], [1, 1, 1, 1, 0]),
        (lambda x: between(x, 2, 4), [2, 2, 3, 4, 4], [0, 1, 1, 1, 0]),
    ],
)
def test_the_bound_itself_has_a_slope(bounded, values, slopes):
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0], requires_grad=True)
    assert bounded(x).tolist() == values
    assert torch.autograd.grad(bounded(x).sum(), x)[0].tolist() == slopes
    assert bounded(torch.tensor(torch.nan)).isnan()


@pytest.mark.parametrize(
    ("name", "knob", "end"),
    [
        ("modal", "body.body", 0),
        ("modal", "body.body", 1),
        ("audiopg", "clip.burst_duration", 0),
        ("audiopg", "clip.burst_duration", 1),
        ("deadleavessquares", "blur", 0),
        ("visualatom", "blur", 1),
        ("visualatom", "lines", 1),
        ("gabor", "waves", 1),
        ("perlin", "octaves", 0),
    ],
)
def test_a_knob_at_the_end_of_its_range_has_a_gradient(name, knob, end):
    """Also with torch 2.15, whose clamp has none at its bounds."""
    synth = synths.find(name)()
    theta, key, column = synth.sample(torch.arange(8)), synth.noise_key(torch.arange(8)), synth.space.column(knob)
    theta[:, column] = end
    sound = synth.render(theta.requires_grad_(), key)
    (slope,) = torch.autograd.grad((sound * torch.randn_like(sound[:1])).sum(), theta)
    assert slope[:, column].count_nonzero() > 0
