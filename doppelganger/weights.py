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
        there = {name: _shape(value) for name, value in module.state_dict().items()}
        given = {name: _shape(value) for name, value in weights.items()}
        wrong = [name for name in sorted(there | given) if there.get(name) != given.get(name)]
        first = wrong[0] if wrong else "none"
        raise ValueError(
            f"{expected}; {len(wrong)} differ, {first} first: expected {there.get(first, 'no such')}, got "
            f"{given.get(first, 'none')}"
        ) from None


def _shape(value: Any) -> str:
    return f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
