"""Time shift, gain, noise, rooms and mixtures against loops and the statistics that define them."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from doppelganger.augmentations import ColouredNoise, Gain, ImpulseResponse, TimeShift, WaveformMixup
from doppelganger.augmentations.augmentation import Augmentation
from synths import random

WAVEFORM = torch.randn(6, 8000, generator=torch.Generator().manual_seed(0))
INDEX = torch.arange(6) + 7


def drawn(augmentation: Augmentation, item: int, n: int) -> list[float]:
    stream = f"{type(augmentation).__name__} a"
    return random.uniform(INDEX[item : item + 1], n, seed=augmentation.seed, stream=stream)[0].tolist()


def power(x: torch.Tensor) -> float:
    return x.double().square().mean().item()


def test_a_time_shift_rolls_the_sound():
    augmentation = TimeShift(p=1.0, seed=2)
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item in range(6):
        shift = round((-0.25 + 0.5 * drawn(augmentation, item, 2)[1]) * 8000)
        assert torch.equal(augmented[item], WAVEFORM[item].roll(shift))


def test_a_gain_is_uniform_in_decibels():
    augmentation = Gain(p=1.0)
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item in range(6):
        gain_db = -18 + 24 * drawn(augmentation, item, 2)[1]
        torch.testing.assert_close(augmented[item], WAVEFORM[item] * 10 ** (gain_db / 20))


def test_noise_has_the_signal_to_noise_ratio_that_is_drawn():
    augmentation = ColouredNoise((0.0, 20.0), p=1.0)
    noise = augmentation(WAVEFORM, INDEX, "a") - WAVEFORM
    for item in range(6):
        snr_db = 20 * drawn(augmentation, item, 3)[1]
        assert 10 * math.log10(power(WAVEFORM[item]) / power(noise[item])) == pytest.approx(snr_db, abs=0.01)
    others = noise - augmentation(WAVEFORM, INDEX, "b") + WAVEFORM
    assert power(others) > 0.01 * power(noise)


@pytest.mark.parametrize("exponent", [-2.0, 0.0, 1.0, 2.0])
def test_the_power_of_noise_falls_by_its_exponent(exponent):
    augmentation = ColouredNoise((0.0, 0.0), (exponent, exponent), p=1.0)
    tone = torch.zeros(20, 16000)
    tone[:, 0] = 1.0
    noise = augmentation(tone, torch.arange(20), "a") - tone
    frequency, density = signal.welch(noise.double().numpy(), nperseg=2048)
    inside = slice(20, 800)
    slope, _ = np.polyfit(np.log(frequency[inside]), np.log(density.mean(axis=0)[inside]), 1)
    assert slope == pytest.approx(-exponent, abs=0.1)


@pytest.mark.parametrize("sample_rate", [8000, 44100])
def test_noise_begins_at_20_hz(sample_rate):
    """Below lies most of the power of brown noise, which nobody hears."""
    tone = torch.sin(torch.arange(sample_rate) * 0.1).expand(4, -1)
    augmentation = ColouredNoise((3.0, 3.0), (2.0, 2.0), sample_rate, p=1.0)
    noise = (augmentation(tone, torch.arange(4), "a") - tone).double().numpy()
    frequency, density = signal.periodogram(noise, sample_rate)
    assert density[:, frequency < 20].max() < 1e-6 * density.max()
    assert frequency[density.argmax(axis=1)].max() < 40


def test_rooms_are_convolutions_with_a_direct_sound_and_decaying_noise():
    augmentation = ImpulseResponse((0.2, 0.8), (-5.0, 10.0), sample_rate=8000, p=1.0)
    click = torch.zeros(6, 8000)
    click[:, 0] = 1.0
    responses = augmentation(click, INDEX, "a")
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item, response in enumerate(responses):
        expected = np.convolve(WAVEFORM[item].numpy(), response.numpy())[:8000]
        torch.testing.assert_close(augmented[item], torch.from_numpy(expected), atol=1e-3, rtol=0)
        _, u_decay, u_direct = drawn(augmentation, item, 3)
        decay_s, direct_db = 0.2 + 0.6 * u_decay, -5 + 15 * u_direct
        assert response.square().sum().item() == pytest.approx(1, abs=1e-4)
        # The first sample of the noise falls together with the direct sound.
        tail = response[1:].double()
        direct = response[0].square().item() / tail.square().sum().item()
        assert 10 * math.log10(direct) == pytest.approx(direct_db, abs=1.0)
        # Schroeder's backward integration: the level that is left falls by 60 dB in the decay time.
        left = tail.flip(0).square().cumsum(0).flip(0)
        at = [round(share * decay_s * 8000) for share in (0.05, 0.45)]
        fall = 10 * (left[at[0]] / left[at[1]]).log10().item()
        assert fall == pytest.approx(60 * 0.4, rel=0.1)
    assert not torch.allclose(responses[0, 1:].sign(), responses[1, 1:].sign())


def test_a_mixup_adds_another_sound_at_the_ratio_that_is_drawn():
    augmentation = WaveformMixup((0.0, 20.0), p=1.0)
    augmented = augmentation(WAVEFORM, INDEX, "a")
    for item in range(6):
        _, place, u = drawn(augmentation, item, 3)
        other = WAVEFORM[(item + 1 + int(place * 5)) % 6]
        assert other is not WAVEFORM[item]
        level = math.sqrt(power(WAVEFORM[item]) / power(other) / 10 ** (20 * u / 10))
        torch.testing.assert_close(augmented[item], WAVEFORM[item] + level * other, atol=1e-4, rtol=1e-4)


def test_a_mixup_of_one_sound_changes_nothing():
    assert torch.equal(WaveformMixup(p=1.0)(WAVEFORM[:1], INDEX[:1], "a"), WAVEFORM[:1])
