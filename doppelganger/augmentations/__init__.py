"""Augmentations of waveforms and of log-mel spectrograms, one a file: functions of (seed, index, view)."""

from doppelganger.augmentations.augmentation import Augmentation, SpectrogramAugmentation, WaveformAugmentation
from doppelganger.augmentations.chain import Chain
from doppelganger.augmentations.coloured_noise import ColouredNoise
from doppelganger.augmentations.gain import Gain
from doppelganger.augmentations.high_pass import HighPass
from doppelganger.augmentations.impulse_response import ImpulseResponse
from doppelganger.augmentations.log_mixup import LogMixup
from doppelganger.augmentations.low_pass import LowPass
from doppelganger.augmentations.pitch_shift import PitchShift
from doppelganger.augmentations.random_fader import RandomFader
from doppelganger.augmentations.random_resize_crop import RandomResizeCrop
from doppelganger.augmentations.spec_augment import SpecAugment
from doppelganger.augmentations.time_shift import TimeShift
from doppelganger.augmentations.torch_audiomentation import TorchAudiomentation
from doppelganger.augmentations.waveform_mixup import WaveformMixup

__all__ = [
    "Augmentation",
    "Chain",
    "ColouredNoise",
    "Gain",
    "HighPass",
    "ImpulseResponse",
    "LogMixup",
    "LowPass",
    "PitchShift",
    "RandomFader",
    "RandomResizeCrop",
    "SpecAugment",
    "SpectrogramAugmentation",
    "TimeShift",
    "TorchAudiomentation",
    "WaveformAugmentation",
    "WaveformMixup",
]
