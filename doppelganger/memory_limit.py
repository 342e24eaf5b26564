"""A limit on the memory that objects take while they are made from a stranger's file."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_MOST_CALLS = 20_000


class TooLarge(Exception):
    """What is being made takes more memory, or more operations, than the limit."""


class MemoryLimit(TorchDispatchMode):
    """In its `with` statement, tensors take at most so many bytes together, counted before they are allocated.

    Args:
        n_bytes: bytes of all tensors that are made, kept or not.

    Raises:
        TooLarge: more bytes, or more than 20,000 operations.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else its first operation imports the compiler, for seconds

    def __init__(self, n_bytes: int):
        super().__init__()
        self.n_bytes, self.n_made, self.n_calls = n_bytes, 0, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.n_calls += _n_calls(func, args)
        if self.n_calls > _MOST_CALLS:
            raise TooLarge(f"it takes more than {_MOST_CALLS:,} operations to make")
        if not func._schema.is_mutable and not any(result.alias_info for result in func._schema.returns):
            self.n_made += 8 * int(_n_values(func.overloadpacket.__name__, args))  # at most 8 bytes a value
            if self.n_made > self.n_bytes:
                raise TooLarge(f"it takes more than {self.n_bytes / 1e9:.1f} GB to make")
        return func(*args, **(kwargs or {}))


def _n_calls(func: Any, args: Any) -> int:
    """1, or for a loop over a tensor its length: it makes an object of each element."""
    if func is not torch.ops.aten.unbind.int:
        return 1
    tensor, *dim = args
    return tensor.shape[dim[0] if dim else 0]


def _n_values(name: str, args: Any) -> float:
    """About the number of values that an operation makes, and never fewer, from its name and arguments."""
    tensors = [value for value in tree_leaves(args) if isinstance(value, torch.Tensor)]
    shapes = [value for value in args if isinstance(value, list | tuple) and all(isinstance(n, int) for n in value)]
    numbers = [value for value in args if isinstance(value, int | float)]
    counts: list[float] = [0, *(tensor.numel() for tensor in tensors)]
    if len(tensors) > 1:
        counts.append(_n_combined(tensors))
    if shapes and (not tensors or name.startswith("new_")):
        counts.append(math.prod(shapes[0]))
    elif shapes and name == "repeat":
        counts.append(tensors[0].numel() * math.prod(shapes[0]))
    elif shapes and name == "constant_pad_nd":
        counts.append(_n_padded(tensors[0], shapes[0]))
    elif name == "arange" and numbers:
        counts.append(_n_in_range(*numbers))
    elif name == "linspace" and numbers:
        counts.append(numbers[-1])
    elif name == "eye":
        counts.append(math.prod(numbers))
    elif not tensors:  # windows and the like
        counts += numbers
    return max(counts)


def _n_combined(tensors: list[torch.Tensor]) -> int:
    """Values of tensors of these shapes broadcast against each other, or of a product of the last two as matrices."""
    try:
        return math.prod(torch.broadcast_shapes(*[tensor.shape for tensor in tensors]))
    except RuntimeError:
        left, right = tensors[-2:]
        return left.numel() // max(left.shape[-1:].numel(), 1) * right.shape[-1:].numel()


def _n_padded(tensor: torch.Tensor, pads: Sequence[int]) -> int:
    """Values of a tensor that is padded before and after in its last dimension, then in the one before, and so on."""
    sizes = [*reversed(tensor.shape)]
    for i, (before, after) in enumerate(zip(pads[::2], pads[1::2], strict=True)):
        sizes[i] = max(sizes[i] + before + after, 0)
    return math.prod(sizes)


def _n_in_range(start: float, end: float | None = None, step: float = 1) -> float:
    """Values of `torch.arange`."""
    start, end = (0, start) if end is None else (start, end)
    return abs(end - start) / (abs(step) or 1)
