"""A bound on the memory that objects take while they are made from a stranger's file."""

import math
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_MOST_CALLS = 20_000


class TooLarge(Exception):
    """What is being made takes more memory, or more operations, than the bound."""


class Bounded(TorchDispatchMode):
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
        kwargs = kwargs or {}
        # A loop over a tensor makes an object of each element.
        self.n_calls += args[0].shape[(*args, 0)[1]] if func is torch.ops.aten.unbind.int else 1
        if self.n_calls > _MOST_CALLS:
            raise TooLarge(f"it takes more than {_MOST_CALLS:,} operations to make")
        if not func._schema.is_mutable and not any(result.alias_info for result in func._schema.returns):
            self.n_made += _size(func.overloadpacket.__name__, args)
            if self.n_made > self.n_bytes:
                raise TooLarge(f"it takes more than {self.n_bytes / 1e9:.1f} GB to make")
        return func(*args, **kwargs)


def _size(name: str, args: Any) -> int:
    """At least the bytes of the result of an operation, from its name and arguments, at 8 bytes a value."""
    tensors = [value for value in tree_leaves(args) if isinstance(value, torch.Tensor)]
    lists = [value for value in args if isinstance(value, list | tuple) and all(isinstance(n, int) for n in value)]
    numbers = [value for value in args if isinstance(value, int | float)]
    counts: list[float] = [tensor.numel() for tensor in tensors]
    if len(tensors) > 1:
        counts.append(_of_all(tensors))
    if lists and (not tensors or name.startswith("new_")):
        counts.append(math.prod(lists[0]))
    elif lists and name in ("repeat", "constant_pad_nd"):
        counts.append(tensors[0].numel() * math.prod(lists[0]) if name == "repeat" else _padded(tensors[0], lists[0]))
    elif name in ("linspace", "arange") and numbers:
        (*start, end) = numbers[:2]
        step = (*numbers, 1, 1, 1)[2] if len(numbers) > 2 else 1
        counts.append(numbers[2] if name == "linspace" else abs(end - sum(start)) / (abs(step) or 1))
    elif not tensors and numbers:  # windows and the like
        counts.append(math.prod(numbers) if name == "eye" else max(numbers))
    return 8 * int(max(counts, default=0))


def _of_all(tensors: list[torch.Tensor]) -> int:
    """Values of tensors of these shapes broadcast against each other, or of a product of the last two as matrices."""
    try:
        return math.prod(torch.broadcast_shapes(*[tensor.shape for tensor in tensors]))
    except RuntimeError:
        left, right = tensors[-2:]
        return left.numel() // max(left.shape[-1:].numel(), 1) * right.shape[-1:].numel()


def _padded(tensor: torch.Tensor, pads: Any) -> int:
    sides = [before + after for before, after in zip(pads[::2], pads[1::2], strict=True)]
    grown = [n + side for n, side in zip(reversed(tensor.shape), [*sides, *[0] * tensor.ndim], strict=False)]
    return math.prod(max(n, 0) for n in grown)
