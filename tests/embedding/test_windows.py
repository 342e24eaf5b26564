"""Every way to cut a waveform, against a plain loop over samples."""

import numpy as np
import pytest
import torch

from doppelganger.embedding.windows import (
    beginning,
    crop,
    cut,
    pad_end,
    pad_half_windows,
    random_start,
    starts_evenly_spaced,
    starts_side_by_side,
    windows_of,
)

LENGTHS = [1, 9, 10, 11, 19, 20, 25, 100, 101]
SIZE = 10


def ramp(n_samples):
    """No two samples are equal, none is 0."""
    return torch.arange(1, n_samples + 1, dtype=torch.float32)


def window_at(waveform, start, size=SIZE):
    """One window, sample by sample, zeros outside of the waveform."""
    samples = range(start, start + size)
    return [float(waveform[i]) if 0 <= i < len(waveform) else 0.0 for i in samples]


def side_by_side(waveform):
    """The last window is moved back to end where the sound does."""
    windows, start = [], 0
    while start + SIZE <= len(waveform):
        windows.append(window_at(waveform, start))
        start += SIZE
    if start < len(waveform):
        windows.append(window_at(waveform, max(len(waveform) - SIZE, 0)))
    return windows


@pytest.mark.parametrize("block", [1, 3, 10, 1000])
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_side_by_side_from_blocks(n_samples, block):
    waveform = ramp(n_samples)
    blocks = [waveform.numpy()[i : i + block] for i in range(0, n_samples, block)]
    assert np.concatenate(list(windows_of(blocks, SIZE))).tolist() == side_by_side(waveform)


@pytest.mark.parametrize(("n_samples", "padded"), [(1, 4), (4, 4), (7, 7), (10, 10)])
def test_a_short_sound_is_one_window_of_its_own_length(n_samples, padded):
    waveform = ramp(n_samples)
    (windows,) = windows_of([waveform.numpy()], SIZE, shortest=4)
    assert windows.tolist() == [window_at(waveform, 0, padded)]


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_side_by_side_from_a_tensor(n_samples):
    waveform = pad_end(ramp(n_samples), SIZE)
    assert cut(waveform, starts_side_by_side(len(waveform), SIZE), SIZE).tolist() == side_by_side(ramp(n_samples))


@pytest.mark.parametrize("n_windows", [1, 2, 4])
@pytest.mark.parametrize("n_samples", [10, 11, 13, 25, 101])
def test_windows_are_spread_evenly_from_start_to_end(n_samples, n_windows):
    spare = n_samples - SIZE
    expected = [spare * i // max(n_windows - 1, 1) for i in range(n_windows)]
    starts = starts_evenly_spaced(n_samples, SIZE, n_windows)
    assert starts == pytest.approx(expected, abs=1) and starts[0] == 0 and all(0 <= s <= spare for s in starts)
    assert n_windows == 1 or starts[-1] == spare
    assert cut(ramp(n_samples), starts, SIZE).tolist() == [window_at(ramp(n_samples), s) for s in starts]


def test_the_last_window_of_a_long_sound_ends_where_it_does():
    """Ten minutes at 48 kHz are more samples than single precision counts."""
    assert starts_evenly_spaced(28_800_123, 16_000, 4) == [0, 9_594_707, 19_189_415, 28_784_123]


@pytest.mark.parametrize("size", [9, 10])
@pytest.mark.parametrize("hop", [1, 4, 30])
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_windows_lie_around_their_moments(n_samples, hop, size):
    moments = range(0, n_samples + 1, hop)
    found = cut(pad_half_windows(ramp(n_samples), size), moments, size)
    assert found.tolist() == [window_at(ramp(n_samples), moment - size // 2, size) for moment in moments]


@pytest.mark.parametrize("start", [0, 3, 9])
@pytest.mark.parametrize("n_samples", LENGTHS)
def test_a_crop_begins_at_its_start(n_samples, start):
    assert crop(ramp(n_samples), SIZE, start).tolist() == window_at(ramp(n_samples), start)


def test_a_batch_is_cut_row_by_row():
    waveforms = torch.stack([ramp(25), -ramp(25)])
    for found in (cut(waveforms, [0, 7], SIZE), crop(waveforms, SIZE, 20)[:, None], pad_end(waveforms, 30)[:, None]):
        assert torch.equal(found[0], -found[1])
    assert cut(waveforms, [0, 7], SIZE).shape == (2, 2, SIZE)
    assert torch.equal(pad_end(waveforms, 3), waveforms)


def test_a_random_window_starts_anywhere_it_fits():
    draws = np.random.default_rng(0)
    assert {random_start(13, SIZE, draws) for _ in range(200)} == {0, 1, 2, 3}
    assert random_start(10, SIZE, draws) == random_start(4, SIZE, draws) == 0


@pytest.mark.parametrize("n_samples", [1, 5, 10, 11, 30, 99])
def test_the_beginning_reads_no_more_blocks_than_it_needs(n_samples):
    read = []

    def blocks():
        for i in range(3):
            read.append(i)
            yield ramp(30).numpy()[10 * i : 10 * (i + 1)]

    assert beginning(blocks(), n_samples).tolist() == ramp(30).tolist()[:n_samples]
    assert len(read) == min(-(-n_samples // 10), 3)
