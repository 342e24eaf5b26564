"""Ringing modes against their formula, summed in numpy."""

import numpy as np
import pytest
import torch
from scipy import signal

from synths.dsp import modes
from tests.synths.signals import HOP, RATE, clock, column

FREQUENCY_HZ = column([27.5, 440, 9999.9], [1234.5, 15000, 0.1])
DECAY_S = column([8, 1, 0.1], [0.02, 3, 100])
AMPLITUDE = column([0.5, -0.3, 0.2], [0.1, 0.7, 0.2])
INITIAL_RAD = column([0, -np.pi / 2, 3], [100, 0.5, -3])


def formula(n_samples):
    """The bells above, sample by sample."""
    hz, decay_s, amplitude, rad = (x.numpy()[:, :, None] for x in (FREQUENCY_HZ, DECAY_S, AMPLITUDE, INITIAL_RAD))
    t = np.arange(n_samples) / RATE
    return (amplitude * 10 ** (-3 * t / decay_s) * np.cos(2 * np.pi * hz * t + rad)).sum(axis=1)


@pytest.mark.parametrize("n_frames, hop", [(20, 100), (1, 337), (337, 1), (11, 97)])
def test_ring_is_the_sum_it_says(n_frames, hop):
    ours = modes.ring(FREQUENCY_HZ, DECAY_S, AMPLITUDE, INITIAL_RAD, clock(n_frames, hop))
    assert ours.shape == (2, n_frames, hop)
    np.testing.assert_allclose(ours.flatten(1), formula(n_frames * hop), rtol=0, atol=1e-9)


def test_single_precision_keeps_time_for_seconds():
    four_seconds = 4 * RATE // HOP
    ours = modes.ring(FREQUENCY_HZ, DECAY_S, AMPLITUDE, INITIAL_RAD, clock(four_seconds, dtype=torch.float32))
    assert ours.dtype == torch.float32
    np.testing.assert_allclose(ours.flatten(1), formula(four_seconds * HOP), rtol=0, atol=1e-4)


def test_partials_are_silent_above_nyquist_and_fade_below():
    hz = torch.tensor([100, 19800, 20947.5, 22050, 22051, 1e5], dtype=torch.float64)[:, None]
    ones = torch.ones_like(hz)
    # In quadrature, so that the two make the length of the pointer.
    cos, sin = (modes.ring(hz, 1e9 * ones, ones, rad * ones, clock()) for rad in (0, np.pi / 2))
    pointer = torch.hypot(cos, sin).flatten(1)
    expected = torch.tensor([1, 1, 0.5, 0, 0, 0], dtype=torch.float64)[:, None].expand_as(pointer)
    torch.testing.assert_close(pointer, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("decay_s", [0.1, 0.5, 4.0])
def test_modes_fall_by_60_db_in_their_decay(decay_s):
    sound = modes.ring(column([1000]), column([decay_s]), column([1]), column([0]), clock(441)).flatten().numpy()
    pointer = np.abs(signal.hilbert(sound))[2000:4000]  # away from the ends, where a Hilbert transform rings
    slope_db = np.polyfit(np.arange(2000) / RATE, 20 * np.log10(pointer), 1)[0]
    assert -60 / slope_db == pytest.approx(decay_s, rel=0.01)
