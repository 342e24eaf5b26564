"""A target network: the exponential moving average of another."""

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def target_of(network: Network) -> Network:
    """A copy that gets no gradient."""
    return copy.deepcopy(network).requires_grad_(False)


@torch.no_grad()
def update_target(target: nn.Module, online: nn.Module, decay: float) -> None:
    """``target = decay * target + (1 - decay) * online``, parameter by parameter; buffers are copied.

    Raises:
        ValueError: weights in half precision, where steps as small as these round to none.
    """
    for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
        if torch.finfo(slow.dtype).bits < 32:
            raise ValueError(
                f"a moving average of weights needs them in single precision; got {slow.dtype}: train in mixed "
                "precision, such as bf16-mixed, in place of bf16-true"
            )
        slow.lerp_(fast.to(slow.dtype), 1 - decay)
    for slow, fast in zip(target.buffers(), online.buffers(), strict=True):
        slow.copy_(fast)


def require_decay(decay: float) -> None:
    """Raises ValueError unless 0 <= decay < 1."""
    if not 0 <= decay < 1:
        raise ValueError(f"decay: expected at least 0 and below 1; got {decay:g}")
