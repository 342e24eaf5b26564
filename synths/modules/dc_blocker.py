"""DCBlocker: a high-pass below the audible range."""

import math

import torch
from torch import Tensor

from synths.dsp import filters
from synths.dsp.clock import Clock
from synths.modules.module import Module


class DCBlocker(Module):
    """A high-pass at 10 Hz. It takes the mean from a wave that was clipped on one side more than on the other."""

    def forward(self, clock: Clock, audio: Tensor) -> Tensor:
        """Takes audio; returns audio."""
        cutoff_hz = torch.full((len(audio), clock.n_frames + 1), 10.0, dtype=torch.float64, device=audio.device)
        return filters.highpass(audio, cutoff_hz, torch.full_like(cutoff_hz[:, 0], math.sqrt(0.5)), clock)
