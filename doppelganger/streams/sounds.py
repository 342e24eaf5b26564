"""Sounds by index."""

from dataclasses import dataclass

from torch import Tensor

from doppelganger.streams.stream import Stream


@dataclass(frozen=True)
class Sounds:
    """A batch of sounds, or of patterns.

    Index is (batch,), theta (batch, n_parameters), sound (batch, n_samples) or (batch, n_mels, n_frames).
    """

    index: Tensor
    theta: Tensor
    sound: Tensor


class SoundStream(Stream):
    """Sounds, or patterns, by index.

    Args:
        synth, seed: see `Stream`.
    """

    def __call__(self, index: Tensor) -> Sounds:
        theta = self.synth.sample(index, self.seed)
        return Sounds(index, theta, self.synth.render(theta, self.synth.noise_key(index, self.seed)))
