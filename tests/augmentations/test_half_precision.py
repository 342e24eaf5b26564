"""Augmentations in a training in half precision, where Lightning changes the default type of a step."""

import pytest
import torch

from doppelganger import LogMel
from doppelganger.augmentations import (
    ColouredNoise,
    Gain,
    HighPass,
    ImpulseResponse,
    LogMixup,
    LowPass,
    PitchShift,
    RandomFader,
    RandomResizeCrop,
    SpecAugment,
    TimeShift,
    WaveformMixup,
)
from doppelganger.encoders import ConvolutionalEncoder
from doppelganger.objectives.contrastive import Contrastive
from doppelganger.objectives.losses.nt_xent import NTXent
from doppelganger.streams.pairs import Pairs
from tests.objectives.eight_sounds import stream_of

WAVEFORMS = [ColouredNoise, Gain, HighPass, ImpulseResponse, LowPass, PitchShift, TimeShift, WaveformMixup]
SPECTROGRAMS = [LogMixup, RandomFader, RandomResizeCrop, SpecAugment]


@pytest.fixture
def half():
    yield lambda: torch.set_default_dtype(torch.bfloat16)
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("cls", [*WAVEFORMS, *SPECTROGRAMS])
def test_the_default_type_changes_nothing(cls, half):
    augmentation = cls(p=1.0) if cls in WAVEFORMS else cls()
    given = torch.randn((6, 8000) if cls in WAVEFORMS else (6, 1, 16, 300), generator=torch.Generator().manual_seed(0))
    expected = augmentation(given, torch.arange(6), "a")
    half()
    assert torch.equal(augmentation(given, torch.arange(6), "a"), expected)


@pytest.mark.parametrize("cls", SPECTROGRAMS)
def test_views_are_those_of_single_precision(cls, half):
    encoder = ConvolutionalEncoder(LogMel(n_mels=16, frame_multiple=1), dim=8, window_s=0.4)
    objective, pairs = Contrastive(encoder, NTXent(), augmentation=cls()).train(), stream_of(Pairs)(torch.arange(8))
    expected = objective.views(pairs)
    half()
    torch.testing.assert_close(objective.bfloat16().views(pairs), expected, atol=0.05, rtol=0.05)
