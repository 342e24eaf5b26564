"""Compiled kernels, with a fallback."""

import warnings
from collections.abc import Callable
from typing import Any

import torch

from synths import instruction_sets
from synths.torch_version import TORCH_VERSION

_LIMIT, _FAILS_AT_LIMIT = (
    ("recompile_limit", "fail_on_recompile_limit_hit")
    if TORCH_VERSION >= (2, 7)
    else ("cache_size_limit", "fail_on_cache_limit_hit")
)


def compiled_or_eager(plain: Callable[..., Any], name: str, *args, **kwargs) -> Callable[..., Any]:
    """A kernel for `plain`; where nothing can be compiled, warns once and is `plain`. Arguments go to torch.compile."""
    import torch._dynamo.config as dynamo  # takes as long to import as torch itself
    from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException

    compiled: Callable = torch.compile(plain, *args, **kwargs)

    def play(*inputs) -> Any:
        nonlocal compiled
        try:
            # One method makes the kernels of all instruments, one a synth and length: more than torch expects.
            with dynamo.patch({_LIMIT: 256, _FAILS_AT_LIMIT: True}), instruction_sets.remembered():
                return compiled(*inputs)
        except (TorchDynamoException, FailOnRecompileLimitHit) as error:
            warnings.warn(f"could not compile {name}, running it eagerly: {error}", stacklevel=2)
            compiled = plain
            return compiled(*inputs)

    return play
