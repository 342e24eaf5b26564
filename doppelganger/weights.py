"""Weights of a file, by name."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def weights_of(checkpoint: Mapping[str, Any], prefix: str) -> dict[str, Tensor]:
    """The weights of the part of a checkpoint whose names begin with a prefix, without it."""
    named = {str(name): value for name, value in checkpoint["state_dict"].items()}.items()
    return {name.removeprefix(prefix): value for name, value in named if name.startswith(prefix)}


def put_weights(module: nn.Module, weights: Mapping[str, Any], expected: str) -> None:
    """Gives a module the weights of a file.

    Raises:
        ValueError: they are those of another; the message begins with what was `expected`.
    """
    try:
        module.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError):  # values that are no tensors
        wrong = sorted(module.state_dict().keys() ^ weights.keys()) or ["of another size"]
        raise ValueError(
            f"{expected}; {len(wrong)} are missing, too many or of another size, {wrong[0]} first"
        ) from None
