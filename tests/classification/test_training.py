"""The classifier and its cross-validation against scikit-learn and a count by hand."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from doppelganger.classification.card import lines_of
from doppelganger.classification.training import cross_validate, fit, head_of, rounds_of


def clusters(n_classes, n_each, seed=0, dim=20, distance=3.0):
    """Embeddings of classes with different means, in a scale that differs between dimensions."""
    rng = np.random.default_rng(seed)
    centres = distance * rng.standard_normal((n_classes, dim))
    labels = [f"class {i}" for i in range(n_classes) for _ in range(n_each)]
    x = np.repeat(centres, n_each, axis=0) + rng.standard_normal((len(labels), dim))
    return (10 + 5 * x * np.geomspace(0.1, 10, dim)).astype(np.float32), labels


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_probabilities_are_those_of_scikit_learn(n_classes):
    embeddings, labels = clusters(n_classes, 12, distance=0.5)
    head = head_of(fit(embeddings, labels))
    scaler = StandardScaler().fit(embeddings.astype(float))
    reference = LogisticRegression(C=0.01, max_iter=1000, tol=1e-8)  # of another solver, nearly at its optimum
    reference.fit(scaler.transform(embeddings.astype(float)), labels)
    expected = reference.predict_proba(scaler.transform(embeddings.astype(float)))
    np.testing.assert_allclose(head.probabilities(torch.from_numpy(embeddings)), expected, atol=3e-4)
    assert head.labels == list(reference.classes_)
    # Neither even nor one-sided: a mistaken sign or scale would show.
    assert expected.min() > 0.02 and expected.max() - expected.min() > 0.15


def test_a_dimension_that_never_changes_is_harmless():
    embeddings, labels = clusters(2, 6)
    embeddings[:, 3] = 7
    probabilities = head_of(fit(embeddings, labels)).probabilities(torch.from_numpy(embeddings))
    assert probabilities.isfinite().all() and probabilities.argmax(dim=1).tolist() == [0] * 6 + [1] * 6


def test_a_dimension_that_hardly_moves_in_training_does_not_decide():
    embeddings, labels = clusters(2, 20)
    embeddings[:, 3] = 1e-4 * np.random.default_rng(1).standard_normal(40)  # a band above what was recorded
    head = head_of(fit(embeddings, labels))
    embeddings[:, 3] = 1.0  # it was recorded
    assert head.probabilities(torch.from_numpy(embeddings)).argmax(dim=1).tolist() == [0] * 20 + [1] * 20


def test_every_clip_is_tested_once_by_a_classifier_that_has_not_seen_it():
    embeddings, labels = clusters(3, 11, distance=0.4)
    rounds, method = rounds_of(labels, [""] * 33)
    assert method == "5 stratified random folds" and len(rounds) == 5
    assert sorted(np.concatenate([test for _, test in rounds])) == list(range(33))
    right, truth = 0, np.array(labels)
    for train, test in rounds:
        assert not set(train) & set(test) and len(train) + len(test) == 33
        # Stratified: each class has its share of each fold.
        assert all(2 <= (truth[test] == label).sum() <= 3 for label in set(labels))
        scaler = StandardScaler().fit(embeddings[train].astype(float))
        classifier = LogisticRegression(C=0.01, max_iter=1000)
        classifier.fit(scaler.transform(embeddings[train].astype(float)), truth[train])
        right += (classifier.predict(scaler.transform(embeddings[test].astype(float))) == truth[test]).sum()
    scores = cross_validate(embeddings, labels, [""] * 33)
    assert (scores["n_right"], scores["n_clips"]) == (right, 33)
    assert scores["low"] < scores["accuracy"] == right / 33 < scores["high"]
    assert sum(n for n, _ in scores["classes"].values()) == 33
    assert sum(n for _, n in scores["classes"].values()) == right


def test_there_are_as_many_folds_as_clips_of_the_smallest_class():
    labels = ["a"] * 9 + ["b"] * 3
    assert rounds_of(labels, [""] * 12)[1] == "3 stratified random folds"
    assert rounds_of(labels, ["1"] * 12)[1] == "3 stratified random folds, since all usable clips are in fold 1"


def test_given_folds_are_kept():
    labels, folds = ["a", "b"] * 6, [f"{i // 4}" for i in range(12)]
    rounds, method = rounds_of(labels, folds)
    assert method == "the 3 given folds" and [test.tolist() for _, test in rounds] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
    ]
    assert all(sorted([*train, *test]) == list(range(12)) for train, test in rounds)


def test_named_folds_are_trained_and_tested_on_once():
    folds = ["train"] * 8 + ["val"] * 2 + ["test"] * 2
    ((train, test),), method = rounds_of(["a", "b"] * 6, folds)
    assert train.tolist() == list(range(10)) and test.tolist() == [10, 11]
    assert method == "trained on fold train and val, tested on fold test"
    assert rounds_of(["a", "b"] * 3, ["dev"] * 4 + ["eval"] * 2)[1] == "trained on fold dev, tested on fold eval"


def test_a_class_in_one_fold_alone_is_an_error():
    with pytest.raises(ValueError, match="outside fold 2 too, to train on; got none of c: change its folds"):
        rounds_of(["a", "b"] * 4 + ["c", "c"], ["1"] * 4 + ["2"] * 6)


def test_random_labels_score_chance():
    """Several sets of labels: one alone may be lucky."""
    embeddings, _ = clusters(1, 60)
    accuracies = []
    for seed in range(5):
        labels = np.random.default_rng(seed).permutation(["a", "b", "c"] * 20).tolist()
        scores = cross_validate(embeddings, labels, [""] * 60)
        assert scores["largest_share"] == 1 / 3
        accuracies.append(scores["accuracy"])
        warned = lines_of(scores)[-1].startswith("It is not clearly better")
        assert warned == (scores["low"] <= 1 / 3)
    assert 0.23 < np.mean(accuracies) < 0.43
    assert cross_validate(*clusters(3, 20), [""] * 60)["accuracy"] > 0.95


def test_the_most_frequent_confusion_is_named():
    # "few" lies on "many"; two clips of "many" lie with "apart", a rarer confusion.
    rng = np.random.default_rng(0)
    centres = np.array([0.0, 1.0, 1.1])
    embeddings = (np.repeat(centres, [10, 20, 10])[:, None] + rng.standard_normal((40, 100))).astype(np.float32)
    labels = ["apart"] * 8 + ["many"] * 22 + ["few"] * 10
    scores = cross_validate(embeddings, labels, [""] * 40)
    label, predicted, n = scores["confused"]
    assert (label, predicted) == ("few", "many") and n > 5
    n_many, n_right_of_many = scores["classes"]["many"]
    assert n_many == 22 and 0 < n_many - n_right_of_many < n  # the rarer confusion
    assert (scores["largest_class"], scores["largest_share"]) == ("many", 0.55)
    lines = " ".join(lines_of(scores))
    assert f"few taken for many, {n} of 10 clips" in lines and "Largest class: many, 55.0 %" in lines
