"""Tasks of HEAR: their folders, labels and folds."""

import json

import pytest

from doppelganger.evaluation import read_task
from doppelganger.evaluation.hear_kit import hear_kit_clips, hear_kit_folds
from doppelganger.evaluation.layout import hashed_fold
from tests.evaluation.task_layouts import hear, write
from tests.evaluation.test_tasks import SAMPLE_RATE


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize(("task", "mode"), [("esc50", "full"), ("speech_commands", "full")])
def test_the_folder_of_another_task_of_hear_is_refused(task, mode, tmp_path):
    hear(tmp_path, task, mode)
    with pytest.raises(ValueError, match=r"task_metadata\.json: expected (task_name|mode) \w+; got"):
        read_task("speech_commands_5h", tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
def test_a_task_of_hear_may_have_several_labels_a_clip(tmp_path):
    expected = hear(tmp_path, "fsd50k", "full", kind="multilabel")
    write(tmp_path, "test.json", '{"2.wav": ["no", "yes"]}')
    clips = list(hear_kit_clips(tmp_path, "fsd50k", "full", 3))
    assert [clip.label for clip in clips] == [("no",), ("yes",), ("no", "yes")]
    assert [clip.file for clip in clips] == list(expected)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("labels", [["perhaps"], ["no", "yes"], []])
def test_labels_that_a_task_of_hear_cannot_have_are_refused(labels, tmp_path):
    hear(tmp_path)
    write(tmp_path, "valid.json", json.dumps({"1.wav": labels}))
    with pytest.raises(ValueError, match=r"valid\.json: expected labels of labelvocabulary\.csv for 1\.wav"):
        read_task("speech_commands_5h", tmp_path, SAMPLE_RATE)


@pytest.mark.usefixtures("of_any_size")
def test_a_task_of_hear_needs_recordings(tmp_path):
    hear(tmp_path)
    for sample_rate in (16000, 48000):
        (tmp_path / str(sample_rate)).rename(tmp_path / f"{sample_rate} Hz")
    with pytest.raises(ValueError, match="named by its sample rate"):
        read_task("speech_commands_5h", tmp_path, SAMPLE_RATE)


def test_folds_of_hear_that_cannot_hold_every_class_are_refused():
    with pytest.raises(ValueError, match="in each of 3 folds; got 4 of 2 classes"):
        list(hear_kit_folds({"a.wav": "x", "b.wav": "x", "c.wav": "y", "d.wav": "y"}, n_folds=3))


def test_hashed_folds_are_about_80_10_and_10_of_100():
    folds = [hashed_fold(f"speaker {i}") for i in range(5000)]
    for name, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
        assert abs(folds.count(name) / len(folds) - share) < 0.02
