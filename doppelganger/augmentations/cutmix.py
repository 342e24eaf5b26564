"""CutMix: a rectangle of another clip, and as much of its target."""

import torch
from torch import Tensor


def cutmix(picture: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """A rectangle of every picture replaced by another's in the batch, and of its target as much as its area.

    Args:
        picture: (batch, 1, n_bands, n_frames).
        target: (batch, n_classes), float.
        alpha: the larger, the nearer the rectangle's share of the picture, from Beta(alpha, alpha), is to a half.

    Source: Yun et al., CutMix, 2019.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    low, high = [], []
    for n in picture.shape[2:]:
        centre, half = int(torch.randint(n, ())), round(n * (1 - share) ** 0.5) // 2
        low.append(max(centre - half, 0))
        high.append(min(centre + half, n))
    inside = torch.zeros(picture.shape[2:], dtype=torch.bool, device=picture.device)
    inside[low[0] : high[0], low[1] : high[1]] = True
    other = torch.randperm(len(picture), device=picture.device)
    kept = 1 - inside.to(target.dtype).mean()
    return torch.where(inside, picture[other], picture), torch.lerp(target[other], target, kept)
