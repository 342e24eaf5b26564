"""Sounds by number."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Sounds:
    """A batch of what a synth made, sounds or patterns.

    Index is (batch,), theta (batch, n_parameters), sound (batch, n_samples) or (batch, n_mels, n_frames).
    """

    index: Tensor
    theta: Tensor
    sound: Tensor
