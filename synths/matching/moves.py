"""One step of the search: some parameters of a survivor are copied from a peer, some are moved."""

import torch
from torch import Tensor

from synths import random

# Drawn at every step, uniform on a log scale: the share of parameters that move, and the size of the move.
_SHARE, _REACH = (0.02, 0.3), (0.02, 0.4)

# Probability that a survivor copies parameters from another one of its target, and the share that it copies.
_BORROWS, _BORROWED = 0.5, 0.3


def move(theta: Tensor, slope: Tensor, free: Tensor, n_survivors: int, seed: int, step: int) -> Tensor:
    """The next theta of each survivor.

    Args:
        theta: (targets * n_survivors, n_parameters) in [0, 1]; the survivors of a target lie together.
        slope: gradient of the loss, of theta's shape.
        free: bool (n_parameters,), the parameters that may move.
        n_survivors: survivors of each target.
        seed, step: seed and number of the step, for all random draws.

    Returns:
        of theta's shape, in [0, 1].

    Source: signs for slopes, Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation
    Learning, 1993; copying parameters is the crossover of Storn and Price, Differential Evolution, 1997.
    """
    n_rows, n = theta.shape
    row = torch.arange(n_rows, device=theta.device)
    survivor = row % n_survivors
    # Random numbers follow from the survivor, not the row: a target's search is the same in any batch.
    even = random.uniform(survivor, 4 + 2 * n, seed=seed, stream=f"match {step}")
    size, noise = random.normal(survivor, 2 * n, seed=seed, stream=f"match {step} moves").chunk(2, dim=1)
    share, reach, peer, borrows = even[:, :4, None].unbind(dim=1)
    borrowed, moved = even[:, 4:].chunk(2, dim=1)

    peer = row - survivor + (peer[:, 0].double() * n_survivors).long()
    start = torch.where((borrows < _BORROWS) & (borrowed < _BORROWED), theta[peer], theta)

    # At least one free parameter moves, however small the share.
    moved = torch.where(free, moved, 2.0)
    moves = moved <= torch.maximum(_on_log_scale(share, *_SHARE), moved.amin(dim=1, keepdim=True))
    change = _on_log_scale(reach, *_REACH) * (noise / 2 - slope.sign() * size.abs())
    return (start + moves * change).clamp(0, 1)


def _on_log_scale(even: Tensor, low: float, high: float) -> Tensor:
    return low * (high / low) ** even
