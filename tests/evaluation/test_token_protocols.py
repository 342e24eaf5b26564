"""Prototypes on frames, and gated layers, on toys whose answer is known."""

import numpy as np
import pytest
import torch

from doppelganger.evaluation.probe_task import Embeddings, ProbeTask
from doppelganger.evaluation.protocols import attention, gated_layers, linear, prototypes
from doppelganger.evaluation.protocols._tokens import StandardisedLayers, layers_of, standardised_frames

FOLDS = ["train", "train", "val", "test"] * 100
RNG = np.random.default_rng(0)
LABEL = RNG.integers(2, size=400)


def share_right(embeddings, protocol):
    task = ProbeTask(embeddings, [str(i) for i in LABEL], FOLDS)
    predictions = protocol.predict(task, lambda: None)
    return (predictions.scores.argmax(2) == LABEL[predictions.tested]).mean(), predictions.chosen["test"]


def noise(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def test_one_frame_of_many_is_enough_for_prototypes():
    frames, pattern = noise(400, 16, 24), np.sign(noise(24))
    place, sign = RNG.integers(16, size=400), np.where(LABEL, 1.0, -1.0)
    # The mean over frames is the same for both classes: the opposite pattern follows in another frame, but weaker.
    frames[np.arange(400), place] = 2.5 * sign[:, None] * pattern
    for part in range(5):
        frames[np.arange(400), (place + 1 + part) % 16] -= 0.5 * sign[:, None] * pattern
    embeddings = Embeddings(frames.mean(axis=1), lambda row: frames[row])
    assert share_right(embeddings, prototypes)[0] > 0.9
    assert share_right(embeddings, linear)[0] < 0.7


@pytest.mark.parametrize("telling", [0, 1, 2])
def test_the_gate_opens_for_the_layer_with_the_class(telling):
    layers = noise(400, 3, 2, 16)
    layers[:, telling] += np.where(LABEL, 1.0, -1.0)[:, None, None] * np.sign(noise(16))
    embeddings = Embeddings(layers[:, 2].mean(axis=1), lambda row: layers[row, 2], layers=lambda row: layers[row])
    right, chosen = share_right(embeddings, gated_layers)
    assert right > 0.95
    for weights in chosen["layers"]:
        assert np.argmax(weights) == telling and weights[telling] > 0.5 and sum(weights) == pytest.approx(1, abs=1e-3)
    at_the_end, _ = share_right(embeddings, linear)
    assert at_the_end > 0.95 if telling == 2 else 0.3 < at_the_end < 0.7


def test_attention_against_a_loop():
    """Ilse et al., 2018: frames weighted by a softmax over those of the clip, then a linear layer."""
    torch.manual_seed(0)
    head, frames = attention.AttentionPool(5, 3).eval(), torch.randn(2, 4, 5)
    frames[1, 3:] = torch.nan
    torch.nn.init.normal_(head.attention.weight)
    score, linear_layer = head.attention.weight.detach().numpy()[0], head.linear
    for clip, n_frames in enumerate((4, 3)):
        present = frames[clip, :n_frames].numpy()
        share = np.exp(present @ score)
        pooled = sum(w * z for w, z in zip(share / share.sum(), present, strict=True))
        expected = linear_layer.weight.detach().numpy() @ pooled + linear_layer.bias.detach().numpy()
        np.testing.assert_allclose(head(frames)[clip].detach(), expected, rtol=1e-4, atol=1e-5)


def test_prototypes_against_a_loop():
    """arXiv 2509.24901: the highest cosine with each prototype's signs, then a linear layer."""
    torch.manual_seed(0)
    head, frames = prototypes.PrototypePool(5, 3).eval(), torch.randn(2, 4, 5)
    frames[1, 3:] = torch.nan
    for clip, n_frames in enumerate((4, 3)):
        match = []
        for prototype in head.prototypes.tolist():
            signs = [1.0 if x >= 0 else -1.0 for x in prototype]
            cosine = [np.dot(z, signs) / np.linalg.norm(z) / np.sqrt(5) for z in frames[clip, :n_frames].tolist()]
            match.append(max(cosine))
        expected = np.sqrt(5) * head.linear.weight.detach().numpy() @ match + head.linear.bias.detach().numpy()
        np.testing.assert_allclose(head(frames)[clip].detach(), expected, rtol=1e-4, atol=1e-5)


def test_gated_layers_against_a_loop():
    """arXiv 2602.16305, section 4: a convex mixture of unit vectors, then lowest, mean and highest cosine."""
    torch.manual_seed(0)
    head, windows = gated_layers.GatedPool(3, 5, 2).eval(), torch.randn(2, 4, 3, 5)
    windows[1, 2:] = torch.nan
    torch.nn.init.normal_(head.gate)
    share = np.exp(10 * head.gate.detach().numpy())
    share /= share.sum()
    for clip, n_windows in enumerate((4, 2)):
        mixed = [
            sum(a * np.array(z) / np.linalg.norm(z) for a, z in zip(share, window, strict=True))
            for window in windows[clip, :n_windows].tolist()
        ]
        match = [[np.dot(z, p) / np.linalg.norm(p) for z in mixed] for p in head.prototypes.tolist()]
        features = [*map(min, match), *map(np.mean, match), *map(max, match)]
        expected = np.sqrt(5) * head.linear.weight.detach().numpy() @ features + head.linear.bias.detach().numpy()
        np.testing.assert_allclose(head(windows)[clip].detach(), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_of_a_sign_is_one():
    x = torch.tensor([-0.3, 0.0, 2.0], requires_grad=True)
    y = prototypes.binarized(x)
    assert y.tolist() == [-1, 1, 1]
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_frames_are_standardised_on_those_of_the_training_clips_and_averaged_down_to_32():
    clips = [10 + 5 * noise(n, 4) for n in (1, 2, 3, 4, 64)]
    frames = standardised_frames(
        ProbeTask(Embeddings(noise(5, 4), lambda row: clips[row]), list("abcde"), list("01010"))
    )
    made, present = frames(np.array([1, 3])), np.concatenate([clips[1], clips[3]])
    assert made.shape == (5, 32, 4)
    for found, clip in zip(made, [*clips[:4], clips[4].reshape(32, 2, 4).mean(axis=1)], strict=True):
        expected = (clip - present.mean(axis=0)) / present.std(axis=0)
        np.testing.assert_allclose(found[: len(clip)], expected, rtol=1e-4, atol=1e-5)
        assert found[len(clip) :].isnan().all()


def test_layers_are_standardised_on_the_training_clips():
    clips = [10 + 5 * noise(3, n, 4) for n in (1, 2, 3, 4, 20)]
    embeddings = Embeddings(noise(5, 4), lambda row: noise(1, 4), layers=lambda row: clips[row])
    layers = layers_of(ProbeTask(embeddings, list("abcde"), list("01010")))
    assert layers.shape == (5, 8, 3, 4) and layers.dtype == torch.float16
    inputs = StandardisedLayers(layers, np.array([1, 3]))
    present = np.concatenate([clips[1], clips[3]], axis=1)
    mean, spread = present.mean(axis=1, keepdims=True), present.std(axis=1, keepdims=True)
    made = inputs[torch.tensor([2])][0]
    np.testing.assert_allclose(made[:3], ((clips[2] - mean) / spread).swapaxes(0, 1), atol=0.03)
    assert made[3:].isnan().all() and not inputs[torch.tensor([4])].isnan().any()


def test_a_number_that_hardly_moves_in_the_training_clips_does_not_drown_its_layer():
    """It is amplified a thousand times at most, against the other numbers of its layer; rounding is not."""
    clips = torch.randn(50, 1, 2, 4, generator=torch.Generator().manual_seed(0))
    clips[:, :, 0] *= 100
    clips[:, :, 1, 2] = 3e4 + 20 * clips[:, :, 1, 2]  # half precision rounds such numbers to multiples of 16
    clips[:, :, :, 1] = 0
    clips[0, :, :, 1], clips[49, :, :, 1] = 1e-6, 0.1  # dead in all clips of training but one
    made = StandardisedLayers(clips.half(), np.arange(40))[torch.arange(50)]
    assert made[49, 0, :, 1].tolist() == pytest.approx([0.1 / 100e-3, 0.1 / 20e-3], rel=0.3)
    assert made[:40].abs().max() < 5
