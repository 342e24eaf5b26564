import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import ClipEmbeddings, embed_clips
from doppelganger.embedding.parts import frames_of
from doppelganger.embedding.read_ahead import ahead
from doppelganger.encoders import Encoder


class Moments(Encoder):
    sample_rate, window_s, embedding_dim = 8000, 10 / 8000, 2

    def forward(self, waveform):
        return torch.stack([waveform.mean(1), waveform.square().mean(1)], dim=1)


def loop(waveform, size):
    """Windows side by side, the last one moved back to end at the end."""
    windows, start = [], 0
    while start + size <= len(waveform):
        windows.append(waveform[start : start + size])
        start += size
    if len(waveform) < size:
        windows.append(waveform + [0] * (size - len(waveform)))
    elif start < len(waveform):
        windows.append(waveform[-size:])
    return windows


def test_a_clip_is_the_mean_over_its_windows_whatever_is_embedded_with_it():
    rng = np.random.default_rng(0)
    # One of more windows than a batch, and more sounds than are read ahead.
    lengths = [5, 10, 37, 4000, *rng.integers(1, 80, size=200)]
    waveforms = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    sounds = ((i, np.array_split(waveform, 3)) for i, waveform in enumerate(waveforms))
    encoder = Moments()
    for i, clip in enumerate(embed_clips([encoder], sounds, frames=True)):
        assert clip.name == i and clip.error is None
        windows = torch.tensor(loop(waveforms[i].tolist(), 10))
        np.testing.assert_allclose(clip.mean(), encoder(windows).mean(0), atol=1e-6)
        np.testing.assert_allclose(clip.frames(), encoder(windows), atol=1e-6)
    assert i == 203


def test_a_sound_up_to_the_longest_window_is_embedded_at_once():
    rng = np.random.default_rng(1)
    lengths = [4, 10, 11, 29, 30, 31, 75, 4000, *rng.integers(1, 90, size=300)]
    waveforms = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    encoder = Moments()
    encoder.max_window_s = 30 / 8000
    sounds = ((i, np.array_split(waveform, 3)) for i, waveform in enumerate(waveforms))
    for i, clip in enumerate(embed_clips([encoder], sounds, frames=True)):
        waveform = waveforms[i].tolist()
        windows = loop(waveform, 30) if len(waveform) > 30 else [waveform + [0] * (10 - len(waveform))]
        assert clip.name == i and clip.n_windows == len(windows)
        np.testing.assert_allclose(clip.mean(), encoder(torch.tensor(windows)).mean(0), atol=1e-6)
        starts = [start_s for start_s, _, _ in frames_of(clip, encoder)]
        last = max(lengths[i] - 30, 0)
        np.testing.assert_allclose(starts, [min(30 * k, last) / 8000 for k in range(len(windows))], atol=1e-9)
    assert i == len(lengths) - 1


def test_of_a_long_clip_only_the_sum_of_its_embeddings_is_kept():
    class Tracked(Moments):
        kept = []

        def forward(self, waveform):
            embedding = super().forward(waveform)
            self.kept.append(weakref.ref(embedding.untyped_storage()))
            return embedding

    encoder, most = Tracked(), 0

    def blocks():
        nonlocal most
        for _ in range(20):
            yield np.ones(10 * 128, dtype=np.float32)  # a batch
            most = max(most, sum(storage() is not None for storage in encoder.kept))

    (clip,) = embed_clips([encoder], [("long", blocks())])
    assert len(encoder.kept) == 20 and most <= 2
    np.testing.assert_allclose(clip.mean(), [1, 1])


def test_an_error_in_a_later_block_is_reported_in_order():
    def bad():
        yield np.ones(25, dtype=np.float32)
        raise UnusableClip("ends in noise")

    good = [np.ones(15, dtype=np.float32)]
    clips = list(embed_clips([Moments()], [("a", good), ("b", bad()), ("c", good)]))
    assert [clip.name for clip in clips] == ["a", "b", "c"]
    assert [str(clip.error) for clip in clips] == ["None", "ends in noise", "None"]


def test_reading_threads_stop_with_their_consumer():
    n_threads = threading.active_count()
    read = ahead(lambda name: [np.ones(10, dtype=np.float32)], range(500))
    next(read)
    read.close()
    assert threading.active_count() == n_threads


def test_a_file_that_cannot_be_opened_is_reported_in_order():
    def read(name):
        if name == 1:
            raise UnusableClip("no such file")
        yield np.ones(10, dtype=np.float32)

    clips = list(embed_clips([Moments()], ahead(read, range(3))))
    assert [str(clip.error) for clip in clips] == ["None", "no such file", "None"]


def test_encoders_of_different_windows_are_refused():
    long = Moments()
    long.window_s = 1.0
    with pytest.raises(ValueError, match=r"one window and one max_window; got \[\(10, 10\), \(8000, 8000\)\]"):
        list(embed_clips([Moments(), long], []))


def test_frames_of_hours_start_where_their_windows_do():
    encoder = Encoder()
    encoder.sample_rate, encoder.window_s = 22050, 0.975  # 21,498.75 samples, so a window has 21,499
    n_windows = 2 * 3600
    clip = ClipEmbeddings(Path("a"), windows=[[(torch.zeros(1, 1),)]] * n_windows, n_samples=21499 * n_windows)
    starts = np.array([start_s for start_s, _, _ in frames_of(clip, encoder)])
    assert np.abs(starts * 22050 - 21499 * np.arange(n_windows)).max() < 0.01
