import numpy as np
import pytest

from doppelganger.evaluation.splits import splits_of


def split(folds, labels=None, seed=0):
    labels = labels or ["ab"[i // 2 % 2] for i in range(len(folds))]
    return splits_of(np.array(folds), np.array(labels), seed)


@pytest.mark.parametrize("val", ["val", "valid", "validation"])
def test_train_val_test_is_one_split_chosen_on_val(val):
    folds = ["train"] * 6 + [val] * 3 + ["test"] * 3
    (only,) = split(folds)
    ((fit, choose),) = only.trials
    assert fit.tolist() == [0, 1, 2, 3, 4, 5] and choose.tolist() == [6, 7, 8]
    assert only.train.tolist() == list(range(9)) and only.test.tolist() == [9, 10, 11]


def test_without_val_a_fifth_of_each_class_of_train_is_set_apart():
    labels = ["a"] * 50 + ["b"] * 10 + ["rare"] + ["a"] * 4
    (only,) = split(["train"] * 61 + ["test"] * 4, labels)
    ((fit, choose),) = only.trials
    apart = [labels[i] for i in choose]
    assert apart.count("a") == 10 and apart.count("b") == 2 and apart.count("rare") == 0
    assert sorted([*fit, *choose]) == only.train.tolist() == list(range(61))
    assert split(["train"] * 61 + ["test"] * 4, labels)[0].trials[0][1].tolist() == choose.tolist()
    assert split(["train"] * 61 + ["test"] * 4, labels, seed=1)[0].trials[0][1].tolist() != choose.tolist()


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_other_folds_are_each_held_out_once(n_folds):
    folds = [str(i % n_folds) for i in range(40)]
    splits = split(folds)
    assert sorted(np.concatenate([s.test for s in splits])) == list(range(40))
    for s in splits:
        assert {folds[i] for i in s.test} == {s.name}
        assert not set(s.test) & set(s.train)
        for fit, choose in s.trials:
            assert not set(fit) & set(choose)
            assert {*fit, *choose} == set(s.train)
        assert len(s.trials) == max(n_folds - 1, 1) if n_folds > 2 else len(s.trials) == 1


@pytest.mark.parametrize(
    ("folds", "labels", "message"),
    [
        (["1", "2"], ["a", "a"], "two classes"),
        (["1", "1"], ["a", "b"], "two folds"),
        (["train", "train"], ["a", "b"], "fold test; there are none"),
        (["val", "test"], ["a", "b"], "fold train; there are none"),
        (["train", "train", "test"], ["a", "a", "b"], "two classes or more in fold train"),
        (["train", "train", "test", "extra"], ["a", "b", "a", "b"], "also extra"),
        (["1", "1", "2"], ["a", "a", "b"], "all folds but"),
        (["train", "train", "test"], ["a", "b", "a"], "two training clips"),
    ],
)
def test_what_cannot_be_tested_is_refused(folds, labels, message):
    with pytest.raises(ValueError, match=message):
        split(folds, labels)


def test_a_class_that_lives_in_one_fold_is_not_chosen_by_there():
    folds, labels = ["1"] * 6 + ["2"] * 6 + ["3"] * 6, ["a", "b"] * 3 + ["a"] * 6 + ["b"] * 6
    # With fold 1 tested, only fold 2 (all a) or only fold 3 (all b) would be left to fit.
    ((fit, choose),) = split(folds, labels)[0].trials
    assert {labels[i] for i in fit} == {labels[i] for i in choose} == {"a", "b"}
