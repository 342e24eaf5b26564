"""TorchAudiomentation: a transform of torch-audiomentations."""

import random as standard_random

import torch
from torch import Tensor, nn

from doppelganger.augmentations.augmentation import WaveformAugmentation
from synths import random


class TorchAudiomentation(WaveformAugmentation):
    """Any transform of torch-audiomentations, as a function of seed, index and view.

    Its transforms draw from global generators, which are seeded for each item and restored afterwards. Items are
    changed one by one, which costs more than a transform of this package.

    Args:
        transform: a transform of torch-audiomentations, or its `Compose`.
        sample_rate: of the waveforms, in Hz.
        seed: seed for all random draws.
    """

    def __init__(self, transform: nn.Module, sample_rate: int = 16000, seed: int = 0):
        super().__init__(seed)
        self.transform, self.sample_rate = transform, sample_rate

    def forward(self, waveform: Tensor, index: Tensor, view: str = "") -> Tensor:
        seeds = random.keys(index, seed=self.seed, stream=f"{type(self).__name__} {view}").tolist()
        before = standard_random.getstate()
        with torch.random.fork_rng(devices=[waveform.device] if waveform.is_cuda else []):
            changed = [self._changed(*item) for item in zip(waveform.split(1), seeds, strict=True)]
        standard_random.setstate(before)
        return torch.cat(changed)

    def _changed(self, waveform: Tensor, seed: int) -> Tensor:
        torch.manual_seed(seed)
        standard_random.seed(seed)
        changed = self.transform(waveform[:, None], sample_rate=self.sample_rate)
        return (changed if isinstance(changed, Tensor) else changed.samples)[:, 0]
