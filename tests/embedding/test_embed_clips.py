import threading

import numpy as np
import pytest
import torch

from doppelganger.embedding.audio import UnusableClip
from doppelganger.embedding.embed import ahead, embed_clips, windows_of
from doppelganger.encoders import Encoder


class Moments(Encoder):
    sample_rate, window_s, embedding_dim = 8000, 10 / 8000, 2

    def forward(self, waveform):
        return torch.stack([waveform.mean(1), waveform.square().mean(1)], dim=1)


def loop(waveform, size):
    """What the docstring of windows_of says, sample by sample."""
    windows, start = [], 0
    while start + size <= len(waveform):
        windows.append(waveform[start : start + size])
        start += size
    if len(waveform) < size:
        windows.append(waveform + [0] * (size - len(waveform)))
    elif start < len(waveform):
        windows.append(waveform[-size:])
    return windows


@pytest.mark.parametrize("block", [1, 3, 10, 1000])
@pytest.mark.parametrize("n_samples", [1, 9, 10, 11, 19, 20, 25, 100, 101])
def test_windows_against_a_loop(n_samples, block):
    waveform = np.arange(1, n_samples + 1, dtype=np.float32)
    blocks = [waveform[i : i + block] for i in range(0, n_samples, block)]
    assert np.concatenate(list(windows_of(blocks, 10))).tolist() == loop(waveform.tolist(), 10)


def test_a_sound_is_the_mean_over_its_windows_whatever_is_heard_with_it():
    rng = np.random.default_rng(0)
    # One of more windows than a batch, and more sounds than are read ahead.
    lengths = [5, 10, 37, 4000, *rng.integers(1, 80, size=200)]
    waveforms = [rng.standard_normal(n).astype(np.float32) for n in lengths]
    sounds = ((i, np.array_split(waveform, 3)) for i, waveform in enumerate(waveforms))
    encoder = Moments()
    for i, heard in enumerate(embed_clips([encoder], sounds)):
        assert heard.name == i and heard.error is None
        windows = torch.tensor(loop(waveforms[i].tolist(), 10))
        np.testing.assert_allclose(heard.mean(), encoder(windows).mean(0), atol=1e-6)
        np.testing.assert_allclose(heard.frames(), encoder(windows), atol=1e-6)
    assert i == 203


def test_a_sound_that_turns_out_to_be_bad_says_so_in_its_place():
    def bad():
        yield np.ones(25, dtype=np.float32)
        raise UnusableClip("ends in noise")

    good = [np.ones(15, dtype=np.float32)]
    heard = list(embed_clips([Moments()], [("a", good), ("b", bad()), ("c", good)]))
    assert [h.name for h in heard] == ["a", "b", "c"]
    assert [str(h.error) for h in heard] == ["None", "ends in noise", "None"]


def test_readers_stop_when_nobody_listens_any_more():
    n_threads = threading.active_count()
    read = ahead(lambda name: [np.ones(10, dtype=np.float32)], range(500))
    next(read)
    read.close()
    assert threading.active_count() == n_threads


def test_a_sound_that_cannot_be_opened_fails_when_it_is_its_turn():
    def read(name):
        if name == 1:
            raise UnusableClip("no such file")
        yield np.ones(10, dtype=np.float32)

    heard = list(embed_clips([Moments()], ahead(read, range(3))))
    assert [str(h.error) for h in heard] == ["None", "no such file", "None"]


def test_encoders_of_different_windows_are_refused():
    long = Moments()
    long.window_s = 1.0
    with pytest.raises(ValueError, match=r"one length; got \[10, 8000\]"):
        list(embed_clips([Moments(), long], []))
