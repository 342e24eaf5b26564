"""The losses of sounds and captions against their formulas."""

import math

import numpy as np
import pytest
import torch
from scipy.special import expit, log_softmax

from doppelganger.objectives.contrastive_text import ContrastiveText, info_nce, sigmoid_loss
from tests.objectives.test_labelled_losses import built, words_of


def test_info_nce_and_sigmoid_are_their_formulas():
    z = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3
    rows, columns = log_softmax(z.numpy(), axis=1), log_softmax(z.numpy(), axis=0)
    nce = -sum((rows[i, i] + columns[i, i]) / 2 for i in range(5)) / 5
    assert float(info_nce(z)) == pytest.approx(nce)
    pairs = [(i, j) for i in range(5) for j in range(5)]
    sigmoid = -sum(np.log(expit(float(z[i, j]) if i == j else -float(z[i, j]))) for i, j in pairs) / 5
    assert float(sigmoid_loss(z)) == pytest.approx(sigmoid)


@torch.no_grad()
@pytest.mark.parametrize("loss, scale, bias", [("softmax", 1 / 0.07, 0.0), ("sigmoid", 10.0, -10.0)])
def test_contrastive_text_is_a_loss_of_cosines(loss, scale, bias, encoder, stream, batch):
    objective = built(ContrastiveText(encoder, dim=8, loss=loss), stream)
    sound = objective.of_sound(encoder(batch.sound)).double().numpy()
    texts = [torch.tensor(words)[None] for words in ([1, *w] for w in words_of(batch.labels.caption))]
    text = torch.cat([objective.of_text(objective.text(words)) for words in texts]).double().numpy()
    cosine = np.array([[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in text] for a in sound])
    expected = (info_nce if loss == "softmax" else sigmoid_loss)(torch.from_numpy(scale * cosine + bias))
    terms = objective(batch)
    assert float(terms["loss"]) == pytest.approx(float(expected), rel=1e-4)
    assert float(terms["caption_top1_accuracy"]) == np.mean(cosine.argmax(axis=1) == np.arange(8))


@torch.no_grad()
@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_the_scale_of_similarities_is_at_most_100(loss, encoder, stream, batch):
    """Radford et al., section 2.5: the temperature is clipped, so that logits are scaled by 100 at most."""
    objective = built(ContrastiveText(encoder, dim=8, loss=loss), stream)
    objective.log_scale.fill_(math.log(100.0))
    at_limit = objective(batch)
    objective.log_scale.fill_(math.log(1000.0))
    beyond = objective(batch)
    assert float(beyond["temperature"]) == pytest.approx(0.01)
    torch.testing.assert_close(beyond["loss"], at_limit["loss"], rtol=1e-4, atol=1e-4)


def test_a_scale_beyond_100_comes_back(encoder, stream, batch):
    objective = built(ContrastiveText(encoder, dim=8), stream)
    with torch.no_grad():
        objective.log_scale.fill_(math.log(1000.0))
    objective.after_step()
    terms = objective(batch)
    assert float(terms["temperature"]) == pytest.approx(0.01)
    (slope,) = torch.autograd.grad(terms["loss"], objective.log_scale)
    assert slope.abs() > 1e-3


def test_half_precision_does_not_round_similarities(encoder, batch, monkeypatch):
    objective = ContrastiveText(encoder, dim=192)
    sound, text = torch.randn(2, 8, 192, generator=torch.Generator().manual_seed(0))
    for name in ("text", "of_text"):
        delattr(objective, name)
    objective.text, objective.of_text = lambda caption: text, lambda embedding: embedding
    monkeypatch.setattr(objective, "project", torch.nn.functional.normalize)
    single = objective.terms(sound, sound[:, None], batch)["loss"]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(objective.terms(sound, sound[:, None], batch)["loss"], single)
