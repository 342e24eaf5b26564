"""Mixup: two clips and their targets in one."""

import torch
from torch import Tensor


def mixup(picture: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Every picture and target mixed with another's in the batch, all in one proportion from Beta(alpha, alpha).

    Args:
        picture: (batch, ...).
        target: (batch, n_classes), float.
        alpha: the larger, the more even the mixture.

    Source: Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(picture), device=picture.device)
    return torch.lerp(picture[other], picture, share), torch.lerp(target[other], target, share)
