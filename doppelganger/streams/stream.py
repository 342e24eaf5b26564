"""The base of all streams."""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor

from synths import Synth


class Stream(ABC):
    """Training data by index: the same index always gives the same item.

    Args:
        synth: source of the sounds, or of the patterns.
        seed: seed for all random draws.
    """

    def __init__(self, synth: Synth, seed: int = 0):
        self.synth, self.seed = synth, seed

    @abstractmethod
    def __call__(self, index: Tensor) -> Any:
        """The batch of the items int64 (batch,), on the device of index."""

    def compile(self) -> None:
        """Compiles what makes the items; pays off after some hundred thousand sounds on a CPU, always on a GPU."""
        self.synth.compile()
