"""The base of all streams."""

from abc import ABC, abstractmethod
from dataclasses import fields
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


def split(batch: Any, size: int) -> list[Any]:
    """A batch, a dataclass of tensors such as `Pairs` or `Sounds`, as several of `size` items each.

    Raises:
        TypeError: a batch that holds anything but tensors, such as labels.
    """
    parts = {}
    for field in fields(batch):
        value = getattr(batch, field.name)
        if value is None:
            continue
        parts[field.name] = value
        if not isinstance(value, Tensor):
            raise TypeError(
                f"expected a batch of tensors, such as Pairs or Sounds; {type(batch).__name__}.{field.name} is "
                f"{type(value).__name__}: leave render_ahead at 1"
            )
    columns = zip(*(value.split(size) for value in parts.values()), strict=True)
    return [type(batch)(**dict(zip(parts, column, strict=True))) for column in columns]
