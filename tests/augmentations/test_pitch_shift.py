"""Pitch shift: against the frequency of a sine, a chord made at another pitch, and torchaudio's phase vocoder."""

import math

import pytest
import torch

from doppelganger.augmentations import PitchShift
from doppelganger.augmentations.pitch_shift import stretch

N = 16000
TIME = torch.arange(N) / 16000
HZ = torch.tensor([[220.0], [1000.0], [3333.0], [5000.0]])
SINES = 0.5 * torch.sin(2 * math.pi * HZ * TIME)


def peak_hz(waveform: torch.Tensor) -> torch.Tensor:
    windowed = waveform * torch.hann_window(waveform.shape[1])
    return torch.fft.rfft(windowed, 1 << 18).abs().argmax(dim=1) * (16000 / (1 << 18))


@pytest.mark.parametrize("semitones", [-2.0, -0.3, 0.0, 1.0, 2.0])
def test_a_sine_moves_by_the_twelfth_root_of_2_a_semitone(semitones):
    shifted = PitchShift((semitones, semitones), p=1.0)(SINES, torch.arange(4), "a")
    expected = HZ[:, 0] * 2 ** (semitones / 12)
    torch.testing.assert_close(peak_hz(shifted), expected, atol=0.2, rtol=0)
    # It sounds to the end, at about the same level.
    level = shifted.unflatten(1, (8, -1)).square().mean(dim=2).sqrt() * math.sqrt(2)
    torch.testing.assert_close(level, torch.full((4, 8), 0.5), atol=0.07, rtol=0)


def test_no_shift_changes_nothing():
    shifted = PitchShift((0.0, 0.0), p=1.0)(SINES, torch.arange(4), "a")
    torch.testing.assert_close(shifted[:, 300:-300], SINES[:, 300:-300], atol=1e-4, rtol=0)


def test_each_item_has_a_shift_of_its_own_within_the_range():
    sine = SINES[1:2, :8000].expand(100, -1)
    semitones = 12 * (peak_hz(PitchShift(p=1.0)(sine, torch.arange(100), "a")) / 1000).log2()
    assert -2.01 < semitones.min() < -1.8 and 1.8 < semitones.max() < 2.01
    assert semitones.mean().abs() < 0.4 and semitones.std() == pytest.approx(4 / math.sqrt(12), abs=0.15)


def test_what_would_alias_is_left_out():
    sine = torch.sin(2 * math.pi * 7800 * TIME)[None]
    shifted = PitchShift((2.0, 2.0), p=1.0)(sine, torch.arange(1), "a")
    assert shifted[:, 500:-500].abs().max() < 0.01


@pytest.mark.parametrize("rate", [0.89, 1.0, 1.12])
def test_the_phase_vocoder_is_torchaudios(rate):
    functional = pytest.importorskip("torchaudio").functional
    noise = torch.randn(2, N, generator=torch.Generator().manual_seed(0)).double()
    stft = torch.stft(noise, 512, 128, window=torch.hann_window(512).double(), return_complex=True)
    turn = torch.linspace(0, math.pi * 128, 257, dtype=torch.float64)[:, None]
    expected = functional.phase_vocoder(stft, rate, turn)
    level, phase = stretch(stft.transpose(1, 2), torch.full((2, 1), rate, dtype=torch.float64), expected.shape[2])
    torch.testing.assert_close(torch.polar(level, phase).transpose(1, 2), expected, atol=1e-6, rtol=1e-6)


def chord(semitones: float) -> torch.Tensor:
    hz = 300 * 2 ** (semitones / 12)
    return sum(torch.sin(2 * math.pi * k * hz * TIME) / k for k in range(1, 9)) * torch.exp(-3 * TIME)


@pytest.mark.parametrize("semitones", [-2.0, 1.5])
def test_a_decaying_chord_becomes_one_of_another_pitch_and_the_same_decay(semitones):
    shifted = PitchShift((semitones, semitones), p=1.0)(chord(0)[None], torch.arange(1), "a")[0]

    def spectrogram(x: torch.Tensor) -> torch.Tensor:
        return torch.stft(x, 512, window=torch.hann_window(512), return_complex=True).abs()[:, 4:-12].sqrt().flatten()

    def likeness(x: torch.Tensor) -> float:
        return torch.cosine_similarity(spectrogram(x), spectrogram(chord(semitones)), dim=0).item()

    assert likeness(shifted) > 0.998 > 0.7 > likeness(chord(0))
