"""Mixup: blend two clips and their targets."""

import torch
from torch import Tensor


def mixup(spectrogram: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Blend every spectrogram and target with another of the batch, all by one share drawn from Beta(alpha, alpha).

    Args:
        spectrogram: (batch, ...).
        target: (batch, n_classes), float.
        alpha: concentration of the share around 1/2.

    Source: Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(spectrogram), device=spectrogram.device)
    return torch.lerp(spectrogram[other], spectrogram, share), torch.lerp(target[other], target, share)
