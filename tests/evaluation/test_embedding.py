import threading

import numpy as np
import pytest
import torch
from torch import nn

from doppelganger.evaluation import Task, UnusableClip
from doppelganger.evaluation.embedding import embed, windows_of


class Moments(nn.Module):
    def forward(self, waveform):
        return torch.stack([waveform.mean(1), waveform.square().mean(1)], dim=1)


def task_of(waveforms):
    def load(clip):
        if waveforms[clip] is None:
            raise UnusableClip("no such file")
        return waveforms[clip]

    n = len(waveforms)
    return Task("clips", [f"clip {i}" for i in range(n)], ["a"] * n, ["1"] * n, load, 8000)


@pytest.mark.parametrize("n_samples", [1, 9, 10, 11, 19, 20, 25, 100, 101])
def test_windows_against_a_loop(n_samples):
    waveform, expected, start = list(range(1, n_samples + 1)), [], 0
    while start + 10 <= n_samples:
        expected.append(waveform[start : start + 10])
        start += 10
    if n_samples < 10:
        expected.append(waveform + [0] * (10 - n_samples))
    elif start < n_samples:
        expected.append(waveform[-10:])
    assert windows_of(torch.tensor(waveform), 10).tolist() == expected


def test_a_clip_is_the_mean_over_its_windows_whatever_is_batched_with_it():
    rng = np.random.default_rng(0)
    # One clip of more windows than a batch, and more clips than are read ahead.
    lengths = [5, 10, 37, 4000, *rng.integers(1, 80, size=200)]
    waveforms = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    embeddings, clips, skipped = embed({"moments": Moments()}, task_of(waveforms), 10)
    assert clips.tolist() == list(range(204)) and skipped == []
    for waveform, embedding in zip(waveforms, embeddings["moments"], strict=True):
        alone = Moments()(windows_of(torch.from_numpy(waveform), 10)).mean(0)
        np.testing.assert_allclose(embedding, alone, atol=1e-6)


def test_unusable_clips_are_named_and_left_out():
    sound = np.ones(10, dtype=np.float32)
    embeddings, clips, skipped = embed({"moments": Moments()}, task_of([sound, None, sound]), 10)
    assert clips.tolist() == [0, 2] and embeddings["moments"].shape == (2, 2)
    assert skipped == [{"clip": "clip 1", "reason": "no such file"}]


def test_strict_stops_at_an_unusable_clip_and_its_readers_stop_too():
    sound = np.ones(10, dtype=np.float32)
    n_threads = threading.active_count()
    with pytest.raises(UnusableClip, match="clips: clip 1: no such file"):
        embed({"moments": Moments()}, task_of([sound, None, *[sound] * 500]), 10, strict=True)
    assert threading.active_count() == n_threads


def test_no_usable_clip_is_an_error():
    with pytest.raises(ValueError, match="none of 2 is usable"):
        embed({"moments": Moments()}, task_of([None, None]), 10)


def test_an_embedding_that_is_not_finite_is_an_error():
    sound, silence = np.ones(10, dtype=np.float32), np.zeros(10, dtype=np.float32)

    class Logarithm(nn.Module):
        def forward(self, waveform):
            return waveform.log()

    with pytest.raises(ValueError, match="of 1 clips is not finite, clip 1 first"):
        embed({"trained": Logarithm()}, task_of([sound, silence]), 10)
