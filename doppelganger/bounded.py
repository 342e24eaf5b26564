"""A bound on the memory that objects take while they are made from a stranger's file."""

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

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
            self.n_made += _size(func, args, kwargs)
            if self.n_made > self.n_bytes:
                raise TooLarge(f"it takes more than {self.n_bytes / 1e9:.1f} GB to make")
        return func(*args, **kwargs)


def _size(func: Any, args: Any, kwargs: Any) -> int:
    """Bytes of the result of an operation, which is computed without data."""
    on_meta = {**kwargs, "device": "meta"} if "device" in {a.name for a in func._schema.arguments} else kwargs
    try:
        made = func(*tree_map(_without_data, args), **tree_map(_without_data, on_meta))
    except (RuntimeError, NotImplementedError):  # the operation itself says what is wrong, or has a size like its input
        return 0
    results = made if isinstance(made, tuple | list) else [made]
    return sum(result.nbytes for result in results if isinstance(result, torch.Tensor))


def _without_data(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.size(), value.stride(), dtype=value.dtype, device="meta")
    return value
