import warnings

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from doppelganger.evaluation.probes import STRENGTHS, knn_accuracy, linear_probe
from doppelganger.evaluation.splits import splits_of


def blobs(n_clips=200, n_classes=4, dim=16, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(n_classes, size=n_clips)
    centres = 2 * rng.standard_normal((n_classes, dim))
    x = (centres[label] + spread * rng.standard_normal((n_clips, dim))).astype(np.float32)
    return x, np.array([f"class {i}" for i in label])


FOLDS = {
    "folds": np.array([str(i % 4) for i in range(200)]),
    "train and test": np.array(["train", "train", "test", "train"] * 50),
    "train, val and test": np.array(["train", "train", "test", "val"] * 50),
}


@pytest.mark.parametrize("folds", FOLDS.values(), ids=FOLDS.keys())
def test_separable_classes_are_all_found(folds):
    x, labels = blobs(spread=0.1)
    splits = splits_of(folds, labels)
    predicted, _ = linear_probe(x, labels, splits)
    tested = np.concatenate([split.test for split in splits])
    assert (predicted[tested] == labels[tested]).all()


@pytest.mark.parametrize("folds", FOLDS.values(), ids=FOLDS.keys())
def test_labels_of_test_clips_change_nothing(folds):
    x, labels = blobs(spread=6.0)
    for split in splits_of(folds, labels):
        corrupted = labels.copy()
        corrupted[split.test] = np.random.default_rng(1).permutation(labels[split.test])
        honest, strength = linear_probe(x, labels, [split])
        blind, blind_strength = linear_probe(x, corrupted, [split])
        assert strength == blind_strength
        assert (honest[split.test] == blind[split.test]).all()


def test_sounds_of_test_clips_change_nothing_but_their_own_predictions():
    x, labels = blobs(spread=6.0)
    (split,) = splits_of(FOLDS["train, val and test"], labels)
    louder = x.copy()
    louder[split.test[1:]] *= 100  # would move mean and deviation if they were taken over all clips
    honest, strength = linear_probe(x, labels, [split])
    blind, blind_strength = linear_probe(louder, labels, [split])
    assert strength == blind_strength and honest[split.test[0]] == blind[split.test[0]]


def test_against_a_grid_search_written_out():
    x, labels = blobs(spread=5.0)
    (split,) = splits_of(FOLDS["train, val and test"], labels)
    ((fit, choose),) = split.trials

    def fitted(strength, clips):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
        return model.fit(x[clips], labels[clips])

    right = [fitted(strength, fit).score(x[choose], labels[choose]) for strength in STRENGTHS]
    best = STRENGTHS[right.index(max(right))]
    predicted, strength = linear_probe(x, labels, [split])
    assert strength == {"test": best}
    assert (predicted[split.test] == fitted(best, split.train).predict(x[split.test])).mean() > 0.98


def test_noise_is_found_at_chance_and_in_silence():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((400, 64)).astype(np.float32), np.array(["a", "b"] * 200)
    splits = splits_of(np.array([str(i // 2 % 4) for i in range(400)]), labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted, _ = linear_probe(x, labels, splits)
    assert 0.4 < (predicted == labels).mean() < 0.6


def test_a_class_seen_only_in_testing_is_never_right():
    x, labels = blobs(spread=0.1)
    folds = np.array(["train"] * 150 + ["test"] * 50)
    labels[150:160] = "never seen"
    predicted, _ = linear_probe(x, labels, splits_of(folds, labels))
    assert (predicted[150:160] != "never seen").all() and (predicted[160:] == labels[160:]).all()


def test_neighbours_against_a_loop():
    generator = torch.Generator().manual_seed(0)
    train_x, test_x = (torch.randn(n, 8, generator=generator) for n in (60, 40))
    train_y, test_y = (torch.randint(5, (n,), generator=generator) for n in (60, 40))
    n_right = 0
    for x, y in zip(test_x, test_y, strict=True):
        cosine = [float(x @ t / (x.norm() * t.norm())) for t in train_x]
        nearest = sorted(range(60), key=lambda i: -cosine[i])[:10]
        votes = [sum(np.exp(cosine[i] / 0.07) for i in nearest if train_y[i] == c) for c in range(5)]
        n_right += int(np.argmax(votes)) == int(y)
    assert knn_accuracy(train_x, train_y, test_x, test_y) == pytest.approx(n_right / 40)


def test_few_neighbours_are_enough():
    x, y = torch.eye(3), torch.arange(3)
    assert knn_accuracy(x, y, x, y, k=10) == 1
