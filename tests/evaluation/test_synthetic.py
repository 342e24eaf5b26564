import numpy as np
import pytest
import torch

from doppelganger.evaluation import evaluate, synthetic_tasks
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.synthetic import ATTRIBUTES


@pytest.fixture(scope="module")
def tasks():
    return {task.name.split()[-1]: task for task in synthetic_tasks(8000, n_sounds=60)}


def test_each_attribute_is_a_task_with_all_classes_in_every_fold(tasks):
    assert tasks.keys() == ATTRIBUTES.keys()
    for attribute, task in tasks.items():
        assert set(task.labels) == set(ATTRIBUTES[attribute])
        for fold in set(task.folds):
            here = [label for label, f in zip(task.labels, task.folds, strict=True) if f == fold]
            assert set(here) == set(task.labels)


def test_sounds_are_those_of_the_seed_and_no_others():
    a, b, other = (synthetic_tasks(8000, seed=seed, n_sounds=12)[0] for seed in (0, 0, 1))
    for clip in range(12):
        assert np.array_equal(a.blocks(clip)[0], b.blocks(clip)[0])
        assert not np.array_equal(a.blocks(clip)[0], other.blocks(clip)[0])
    tasks = synthetic_tasks(8000, n_sounds=12)
    assert len({clip for task in tasks for clip in task.clips}) == 36


def test_sounds_are_audible(tasks):
    for task in tasks.values():
        for clip in range(len(task)):
            sound = task.blocks(clip)[0]
            assert sound.shape == (8000,) and sound.dtype == np.float32
            assert np.isfinite(sound).all() and np.abs(sound).max() > 0.05


def test_pitch_is_in_the_octave_of_its_class(tasks):
    task = tasks["pitch"]
    for clip, label in enumerate(task.labels):
        sound = torch.from_numpy(task.blocks(clip)[0])
        power = torch.fft.rfft(sound * torch.hann_window(8000), n=32000).abs().square()
        octave = int(label[1])
        low_hz, high_hz = (440 * 2 ** ((midi - 69) / 12) for midi in (12 + 12 * octave - 0.5, 23 + 12 * octave + 0.5))
        # Nothing but hiss lies below the fundamental, and the fundamental is in the octave named.
        below, inside = power[: int(low_hz * 4) - 8].amax(), power[int(low_hz * 4) - 8 : int(high_hz * 4) + 8].amax()
        assert inside > 10 * below


def test_envelope_rises_as_its_class_says(tasks):
    task = tasks["envelope"]
    for clip, label in enumerate(task.labels):
        loudness = np.abs(task.blocks(clip)[0]).reshape(20, 400).max(axis=1)
        time_to_half_s = 0.05 * (loudness > loudness.max() / 2).argmax()
        assert (time_to_half_s >= 0.05) == ("swell" in label)
        assert (loudness[-1] < 0.3 * loudness.max()) == ("pluck" in label)


@pytest.mark.usefixtures("few_epochs")
def test_synthetic_tasks_are_evaluated_like_packs(encoder):
    (result,) = evaluate(with_baselines(encoder), synthetic_tasks(8000, n_sounds=60)[:1])
    assert result["n_clips"] == result["n_tested"] == 60 and result["n_classes"] == 6
