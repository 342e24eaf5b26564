"""Test clips never reach a choice."""

import pickle
from collections import Counter

import numpy as np
import pytest

from doppelganger.evaluation.task import Clip, Task, task_of
from doppelganger.evaluation.training_clips import training_clips


def task(folds: list[str]) -> Task:
    labels = ["ab"[i % 2] for i in range(len(folds))]
    clips = [f"{fold}-{i}" for i, fold in enumerate(folds)]
    return Task("toy", clips, labels, folds, lambda i: [np.full(4, i, np.float32)], lambda i: f"key {i}", 16000)


def test_validation_clips_become_the_test() -> None:
    found = training_clips(task(["test", "train", "train", "val", "val", "train", "train", "test"]))

    assert dict(zip(found.clips, found.folds, strict=True)) == {
        "train-1": "train",
        "train-2": "train",
        "val-3": "test",
        "val-4": "test",
        "train-5": "train",
        "train-6": "train",
    }


def test_training_clips_without_validation_are_dealt_class_by_class() -> None:
    found = training_clips(task(["train", "test"] * 4 + ["train"] * 12))

    assert not any(name.startswith("test") for name in found.clips)
    counts = Counter(zip(found.labels, found.folds, strict=True))
    assert counts == {("a", "1"): 5, ("a", "2"): 5, ("b", "1"): 3, ("b", "2"): 3}


def test_last_of_numbered_folds_is_left_out() -> None:
    found = training_clips(task(["1", "1", "2", "2", "3", "3"]))

    assert found.folds == ["1", "1", "2", "2"]


def test_sounds_and_keys_stay_those_of_their_clips() -> None:
    found = training_clips(task(["test", "train", "train", "val", "val", "train", "train", "test"]))

    for i, name in enumerate(found.clips):
        number = int(name.split("-")[1])
        assert next(iter(found.blocks(i)))[0] == number
        assert found.key(i) == f"key {number}"
        assert found.labels[i] == "ab"[number % 2]


def test_two_folds_are_too_few() -> None:
    with pytest.raises(ValueError, match="toy: expected three folds or more, so that two are left; got two"):
        training_clips(task(["1"] * 4 + ["2"] * 4))


def test_another_sample_rate_leaves_the_same_clips(tmp_path) -> None:
    clips = [Clip(f"{i}.wav", "ab"[i // 4 % 2], fold) for i, fold in enumerate(["test", "train", "val", "test"] * 3)]
    found = training_clips(task_of("toy", tmp_path, clips, 16000)).at(48000)

    assert (found.sample_rate, found.folds) == (48000, ["train", "test"] * 3)
    assert list(found.clips) == [f"{i}.wav" for i in (1, 2, 5, 6, 9, 10)] and list(found.labels) == list("aabbaa")
    assert pickle.loads(pickle.dumps(found)).key(0) == found.key(0)
