"""Counter-based random numbers: a pure function of (seed, stream, index), on any device, in any batch.

Nothing here holds a generator. The bits come from integer arithmetic alone, so a number is the same
bit for bit alone or in a batch, on a CPU or a GPU, today or after a resume.

Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014 (SplitMix64).
"""

import operator
import zlib
from typing import Any

import torch
from torch import Tensor

# What names items: an int, a sequence of ints, or integers of numpy or torch.
Integers = Any


def as_index(numbers: Integers) -> Tensor:
    """Item numbers as int64 (batch,): from an int, a sequence of ints, or integers of numpy or torch.

    Raises:
        ValueError: not integers, more than one dimension, or beyond 64 bits.
    """
    if isinstance(numbers, Tensor) and numbers.dtype == torch.int64 and numbers.ndim == 1:
        return numbers
    try:
        index = torch.as_tensor(numbers)
    except (TypeError, ValueError, RuntimeError):  # words, ragged lists, numbers beyond 64 bits
        index = torch.zeros(())
    is_whole = not index.is_floating_point() and not index.is_complex() and index.dtype != torch.bool
    if not (is_whole or index.shape == (0,)) or index.ndim > 1:  # an empty list has no type
        raise ValueError(f"expected item numbers as 64-bit integers, one or of shape (batch,); got {_shown(numbers)}")
    return index.to(torch.int64).reshape(-1)


def as_seed(seed: Any) -> int:
    """A seed as an int.

    Raises:
        ValueError: not a whole number, or beyond 64 bits.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = None
    if number is None or not -(2**63) <= number < 2**63:
        raise ValueError(f"expected seed as a 64-bit integer; got {seed!r}")
    return number


def keys(index: Tensor, *, seed: int, stream: str) -> Tensor:
    """One 64-bit key per item.

    Args:
        index: int64 (batch,), the items' numbers.
        seed: seed for all random draws.
        stream: purpose of the key ("theta", "noise", ...); streams are independent of each other.

    Returns:
        int64 (batch,), uniform over all 64-bit values.
    """
    if index.dtype != torch.int64 or index.ndim != 1:
        raise ValueError(f"expected index as int64 of shape (batch,); got {index.dtype} of shape {tuple(index.shape)}")
    start = mix(torch.tensor(as_seed(seed), dtype=torch.int64)) + zlib.crc32(stream.encode())
    return mix(mix(start).to(index.device) + index * signed(0x9E3779B97F4A7C15))


def uniform(index: Tensor, n: int, *, seed: int, stream: str) -> Tensor:
    """n numbers per item, uniform in [0, 1). Args as in `keys`. Returns float32 (batch, n)."""
    return _bits(index, n, seed, stream, 24).float() * 2.0**-24


def normal(index: Tensor, n: int, *, seed: int, stream: str) -> Tensor:
    """n numbers per item from N(0, 1). Args as in `keys`. Returns float32 (batch, n).

    Computed in double and rounded, so that devices agree but for a rare last bit.
    """
    centred = (_bits(index, n, seed, stream, 52).double() + 0.5) * 2.0**-52
    return torch.special.ndtri(centred).float()


def _bits(index: Tensor, n: int, seed: int, stream: str, n_bits: int) -> Tensor:
    column = torch.arange(1, n + 1, device=index.device) * signed(0xD1B54A32D192ED03)
    key = keys(index, seed=seed, stream=stream)
    return _shift_right(mix(key[:, None] + column), 64 - n_bits)


def mix(x: Tensor) -> Tensor:
    """A bijective hash of int64 numbers of any shape."""
    x = (x ^ _shift_right(x, 30)) * signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shift_right(x, 27)) * signed(0x94D049BB133111EB)
    return x ^ _shift_right(x, 31)


def _shift_right(x: Tensor, n_bits: int) -> Tensor:
    return (x >> n_bits) & ((1 << (64 - n_bits)) - 1)  # torch shifts in copies of the sign bit


def signed(number: int) -> int:
    """The int64 with the lowest 64 bits of a number."""
    return ((number + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def _shown(numbers: Any) -> str:
    return f"{numbers.dtype} of shape {tuple(numbers.shape)}" if hasattr(numbers, "dtype") else repr(numbers)
