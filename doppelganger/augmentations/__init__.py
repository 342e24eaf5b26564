"""Augmentations of log-mel spectrograms, one a file: batched, on the device, a function of (seed, index, view)."""

from doppelganger.augmentations.augmentation import Augmentation
from doppelganger.augmentations.chain import Chain
from doppelganger.augmentations.log_mixup import LogMixup
from doppelganger.augmentations.random_fader import RandomFader
from doppelganger.augmentations.random_resize_crop import RandomResizeCrop

__all__ = ["Augmentation", "Chain", "LogMixup", "RandomFader", "RandomResizeCrop"]
