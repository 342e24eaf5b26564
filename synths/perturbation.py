"""Perturbation: a doppelgänger is the same sound with every parameter moved a little."""

import torch
from torch import Tensor

from synths import random
from synths.parameters import ParameterSpace
from synths.parameters.parameter import can_check


def perturb(
    space: ParameterSpace, theta: Tensor, delta: float | Tensor, index: Tensor, *, seed: int, view: str
) -> Tensor:
    """One view of each sound: every parameter moved by a random amount and clipped to its range.

        theta_v = clip(theta + delta * eps_v, 0, 1),  eps_v ~ N(0, I)

    Choices stay: the doppelgänger of a kick is a kick. The noise eps_v is a function of (seed, view,
    index), so a view is the same alone or in a batch.

    Args:
        space: parameters in the columns of theta.
        theta: (batch, n_parameters) in [0, 1].
        delta: standard deviation of the perturbation, in theta; 0 gives theta back. A number, one per item (batch, 1),
            or one per parameter (n_parameters,).
        index: int64 (batch,), the items' numbers.
        seed: seed for all random draws.
        view: name of the view ("a", "b", ...); views are independent of each other.

    Returns:
        (batch, n_parameters) in [0, 1], of theta's type.

    Raises:
        ValueError: delta is negative or of another shape, theta has another width, or index is not int64 of shape
            (batch,).

    Gradient: flows to theta, except where a knob is held at an end of its range.

    Source: Cherep and Singh, Contrastive Learning from Synthetic Audio Doppelgängers, ICLR 2025.
    """
    space.check(theta, "theta")
    _check(delta, theta)
    if len(index) != len(theta):
        raise ValueError(f"expected one index a row of theta ({len(theta)}); got {len(index)}")
    eps = random.normal(index, theta.shape[1], seed=seed, stream=f"view {view}")
    moved = (theta + delta * eps.to(theta.dtype)).clamp(0, 1)
    return torch.where(space.choices(theta.device), theta, moved)


def _check(delta: float | Tensor, theta: Tensor) -> None:
    if not isinstance(delta, Tensor):
        if not delta >= 0:
            raise ValueError(f"expected delta of at least 0; got {delta}")
    elif delta.shape not in ((), (len(theta), 1), theta.shape[1:], theta.shape):
        raise ValueError(
            f"expected delta as a number, (batch, 1) or (n_parameters,) for theta {tuple(theta.shape)}; got "
            f"{tuple(delta.shape)}"
        )
    elif can_check(delta) and not bool((delta >= 0).all()):
        raise ValueError(f"expected delta of at least 0; got {delta.min().item():g}")
