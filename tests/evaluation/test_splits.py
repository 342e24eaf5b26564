from collections import Counter

import numpy as np
import pytest

from doppelganger.evaluation.split_notes import copies_across, untrained_classes
from doppelganger.evaluation.splits import Split, dealt, splits_of


def split(folds, labels=None, seed=0, **options):
    labels = labels or ["ab"[i // 2 % 2] for i in range(len(folds))]
    return splits_of(folds, labels, seed, **options)


@pytest.mark.parametrize("val", ["val", "valid", "validation"])
def test_train_val_test_is_one_split_chosen_by_val(val):
    (only,) = split(["train"] * 6 + [val] * 3 + ["test"] * 3)
    assert only.fit.tolist() == [0, 1, 2, 3, 4, 5] and only.choose.tolist() == [6, 7, 8]
    assert only.test.tolist() == [9, 10, 11]


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("Train", "Val", "TEST"),
        ("training", "Validation", "testing"),
        ("train", "dev", "eval"),
        ("train", "dev", "test"),
        ("train", "eval", "test"),
        ("Development", "val", "Evaluation"),
        ("dev", None, "eval"),
        ("Train ", None, "Test"),
        ("training", None, "eval"),
    ],
)
def test_other_spellings_of_train_val_and_test(train, val, test):
    folds = [train] * 6 + ([val] * 3 if val else []) + [test] * 3
    (only,) = split(folds)
    assert {folds[i] for i in only.test} == {test}
    assert {folds[i] for i in only.choose} == {val or train} and {folds[i] for i in only.fit} == {train}


def test_without_val_a_tenth_of_each_class_of_train_is_set_apart():
    folds = ["train"] * 69 + ["test"] * 4
    labels = ["a"] * 50 + ["b"] * 16 + ["two"] * 2 + ["rare"] + ["a"] * 4
    (only,) = split(folds, labels)
    apart = [labels[i] for i in only.choose]
    assert [apart.count(name) for name in ("a", "b", "two", "rare")] == [5, 2, 1, 0]
    assert sorted([*only.fit, *only.choose]) == list(range(69))
    assert split(folds, labels)[0].choose.tolist() == only.choose.tolist()
    assert split(folds, labels, seed=1)[0].choose.tolist() != only.choose.tolist()


@pytest.mark.parametrize("choose_by", ["tenth", "fold"])
@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_other_folds_are_each_tested_once(n_folds, choose_by):
    folds = [str(i % n_folds) for i in range(40)]
    splits = split(folds, choose_by=choose_by)
    assert sorted(np.concatenate([s.test for s in splits])) == list(range(40))
    for s in splits:
        assert {folds[i] for i in s.test} == {s.name}
        assert sorted([*s.fit, *s.choose, *s.test]) == list(range(40))


def test_numbered_folds_of_one_role_are_each_tested_once():
    assert [s.name for s in split(["test1", "test2", "test3"] * 4)] == ["test1", "test2", "test3"]


@pytest.mark.parametrize("n_folds", [3, 4])
def test_a_probe_is_chosen_by_the_fold_that_follows(n_folds):
    names = [str(i) for i in range(n_folds)]
    folds = names * 10
    for s, following in zip(split(folds, choose_by="fold"), [*names[1:], names[0]], strict=True):
        assert {folds[i] for i in s.choose} == {following}
        assert {folds[i] for i in s.fit} == set(names) - {s.name, following}


def test_of_two_folds_a_tenth_of_the_other_chooses():
    for s in split(["1", "1", "2", "2"] * 10, ["a", "b"] * 20, choose_by="fold"):
        assert (len(s.fit), len(s.choose), len(s.test)) == (18, 2, 20)


def test_sets_of_labels_are_parted_without_regard_to_class():
    labels = [("a", "b"), ("c",), ("a", "c"), ()] * 10
    (only,) = split(["train"] * 30 + ["test"] * 10, labels)
    assert len(only.choose) == 3 and len(only.fit) == 27


@pytest.mark.parametrize(
    ("folds", "labels", "message"),
    [
        (["train_set", "test_set"] * 2, None, "got test_set, train_set: rename"),
        (["Trainset", "validset", "testset"], ["a", "b", "a"], "rename"),
        (["fold-dev", "fold-eval-1"] * 2, None, "rename"),
        (["1", "2"], ["a", "a"], "two classes"),
        (["1", "1"], ["a", "b"], "two folds"),
        (["train", "train"], ["a", "b"], "fold test; there are none"),
        (["val", "test"], ["a", "b"], "fold train; there are none"),
        (["train", "train", "test"], ["a", "a", "b"], "two classes or more in fold train"),
        (["train", "train", "test", "extra"], ["a", "b", "a", "b"], "also extra"),
        (["0", "0", "1"], ["a", "a", "b"], "^without fold 0, all training clips are of the class b; spread each class"),
        (["0", "0", "1"], [("a",), (), ("b",)], "^without fold 0, all training clips are of the class b; spread each"),
        (["0", "0", "1"], [1.0, 2.0, 3.0], "^expected two numbers or more in all folds but 0; got 3.0"),
        (["0", "0", "1"], [("a",), ("b",), ()], "^expected two classes or more in all folds but 0; got none"),
        (["train", "train", "test"], ["a", "b", "a"], "two training clips"),
        (["train", "train", "test"], [("a",), ("a",), ("b",)], "two classes or more in fold train"),
        (["train", "train", "train", "test"], [("a",), ("b",), (), ()], "a class in fold test; none of its clips"),
    ],
)
def test_what_cannot_be_tested_is_refused(folds, labels, message):
    with pytest.raises(ValueError, match=message):
        split(folds, labels)


@pytest.mark.parametrize("n_folds", [2, 5])
def test_each_class_is_dealt_into_all_folds_at_random(n_folds):
    labels = ["a"] * 23 + ["b"] * 11
    folds = dealt(labels, n_folds)
    for name, size in (("a", 23), ("b", 11)):
        counts = Counter(fold for fold, label in zip(folds, labels, strict=True) if label == name)
        assert set(counts) == {str(i + 1) for i in range(n_folds)}
        assert set(counts.values()) <= {size // n_folds, size // n_folds + 1}
    assert folds == dealt(labels, n_folds) != dealt(labels, n_folds, seed=1)


def test_clips_with_several_classes_or_numbers_are_dealt_as_one_class():
    assert Counter(dealt([("a",), ("b", "c"), ()] * 4, 3)) == {"1": 4, "2": 4, "3": 4}
    assert Counter(dealt([0.5, 1.5, 2.5, 3.5], 2)) == {"1": 2, "2": 2}


def test_validation_clips_are_no_test_clips_and_train_their_class():
    splits = [Split("1", fit=np.array([3, 0]), choose=np.array([1]), test=np.array([2, 4, 5]))]
    assert copies_across(splits, ["x", "y", "y", "x", "x", "z"]) == {2: 1, 4: 0}
    assert untrained_classes(splits, ["a", "b", "b", "a", ("a", "c"), "d"]) == [("c", "1"), ("d", "1")]
