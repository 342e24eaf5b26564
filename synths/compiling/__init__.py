"""Compiled kernels, with a fallback."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from synths.compiling import instruction_sets
from synths.compiling.torch_version import TORCH_VERSION

_LIMIT, _FAILS_AT_LIMIT = (
    ("recompile_limit", "fail_on_recompile_limit_hit")
    if TORCH_VERSION >= (2, 7)
    else ("cache_size_limit", "fail_on_cache_limit_hit")
)


def compiled_or_eager(plain: Callable[..., Any], name: str, *args, **kwargs) -> Callable[..., Any]:
    """A kernel for `plain`, one for all batches of two rows and more.

    Where nothing can be compiled, warns once and is `plain`. Arguments go to torch.compile.
    """
    import torch._dynamo.config as dynamo  # takes as long to import as torch itself
    from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException

    compiled: Callable = torch.compile(plain, *args, **kwargs)

    def play(*inputs) -> Any:
        nonlocal compiled
        for batch in inputs:
            if isinstance(batch, Tensor) and "dynamic" not in kwargs:
                torch._dynamo.maybe_mark_dynamic(batch, 0)
        try:
            # One method makes the kernels of all instruments, one per synth and length: more than torch expects.
            with dynamo.patch({_LIMIT: 256, _FAILS_AT_LIMIT: True}), instruction_sets.remembered():
                return compiled(*inputs)
        except (TorchDynamoException, FailOnRecompileLimitHit) as error:
            warnings.warn(f"could not compile {name}, running it eagerly: {error}", stacklevel=2)
            compiled = plain
            return compiled(*inputs)

    return play


def compiled_synthesis(
    plain: Callable[[Tensor, Tensor, torch.dtype], Tensor], name: str, *args, **kwargs
) -> Callable[[Tensor, Tensor, torch.dtype], Tensor]:
    """As `compiled_or_eager`, for the arguments of `Synth.synthesize`, and one kernel for a single row as well."""
    make = compiled_or_eager(plain, name, *args, **kwargs)

    def play(physical: Tensor, key: Tensor, dtype: torch.dtype) -> Tensor:
        # A compiler would make another kernel for a single row.
        return make(physical.repeat(2, 1), key.repeat(2), dtype)[:1] if len(key) == 1 else make(physical, key, dtype)

    return play
