"""Clocks and signals for tests of signal processing."""

import torch
from torch import Tensor

from synths.dsp.clock import Clock

RATE, HOP = 44100, 100


def clock(n_frames: int = 20, hop: int = HOP, dtype: torch.dtype = torch.float64) -> Clock:
    return Clock(RATE, hop, n_frames, torch.device("cpu"), dtype)


def column(*values) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def hiss(*shape: int, seed: int = 0) -> Tensor:
    """Uniform in [-1, 1)."""
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
