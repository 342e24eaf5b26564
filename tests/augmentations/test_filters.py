"""The low-pass and the high-pass against scipy's filter design, one item at a time."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from doppelganger.augmentations import HighPass, LowPass
from synths import random

WAVEFORM = torch.randn(5, 8000, generator=torch.Generator().manual_seed(0))
INDEX = torch.arange(5) + 7


def taps(augmentation, item: int) -> np.ndarray:
    """A low-pass of scipy: a Hann-windowed sinc of eight zero crossings on either side, with a gain of 1 at 0 Hz."""
    stream = f"{type(augmentation).__name__} a"
    _, u = random.uniform(INDEX[item : item + 1], 2, seed=augmentation.seed, stream=stream)[0].tolist()
    low, high = (2595 * math.log10(1 + hz / 700) for hz in augmentation.cutoff_hz)
    cutoff_hz = 700 * (10 ** ((low + u * (high - low)) / 2595) - 1)
    assert augmentation.cutoff_hz[0] <= cutoff_hz <= augmentation.cutoff_hz[1]
    half = int(8 / (cutoff_hz / augmentation.sample_rate) / 2)
    return signal.firwin(2 * half + 1, cutoff_hz, window="hann", fs=augmentation.sample_rate)


@pytest.mark.parametrize("augmentation", [LowPass(p=1.0), LowPass((200.0, 3000.0), 44100, p=1.0, seed=3)], ids=repr)
def test_a_low_pass_is_scipys(augmentation):
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item in range(5):
        expected = signal.oaconvolve(WAVEFORM[item].double().numpy(), taps(augmentation, item), mode="full")
        half = (len(expected) - 8000) // 2
        torch.testing.assert_close(
            augmented[item].double(), torch.from_numpy(expected[half : half + 8000]), atol=1e-4, rtol=0
        )


def test_a_high_pass_is_the_rest_of_scipys_low_pass():
    augmentation = HighPass(p=1.0)
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item in range(5):
        low = signal.oaconvolve(WAVEFORM[item].double().numpy(), taps(augmentation, item), mode="full")
        half = (len(low) - 8000) // 2
        expected = WAVEFORM[item].double() - torch.from_numpy(low[half : half + 8000])
        torch.testing.assert_close(augmented[item].double(), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("cls, passed, stopped", [(LowPass, 200.0, 4000.0), (HighPass, 4000.0, 200.0)])
def test_one_side_of_the_cutoff_passes_at_6_db_below_at_the_cutoff(cls, passed, stopped):
    time = torch.arange(16000) / 16000
    sines = torch.sin(2 * math.pi * torch.tensor([[passed], [stopped], [1000.0]]) * time)
    augmented = cls((1000.0, 1000.0), p=1.0)(sines, torch.arange(3), "a")[:, 2000:-2000]
    gain = augmented.square().mean(dim=1).sqrt() * math.sqrt(2)
    torch.testing.assert_close(gain, torch.tensor([1.0, 0.0, 0.5]), atol=5e-3, rtol=0)
