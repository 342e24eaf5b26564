"""CutMix: paste a rectangle of another clip, and mix the targets by its area."""

import torch
from torch import Tensor


def cutmix(spectrogram: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Replace one rectangle of every spectrogram by that of another of the batch; mix targets by area.

    Args:
        spectrogram: (batch, 1, n_bands, n_frames).
        target: (batch, n_classes), float.
        alpha: concentration around 1/2 of the share of the area that is kept, drawn from Beta(alpha, alpha).

    Source: Yun et al., CutMix, 2019.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    low, high = [], []
    for n in spectrogram.shape[2:]:
        centre, half = int(torch.randint(n, ())), round(n * (1 - share) ** 0.5) // 2
        low.append(max(centre - half, 0))
        high.append(min(centre + half, n))
    inside = torch.zeros(spectrogram.shape[2:], dtype=torch.bool, device=spectrogram.device)
    inside[low[0] : high[0], low[1] : high[1]] = True
    other = torch.randperm(len(spectrogram), device=spectrogram.device)
    kept = 1 - inside.to(target.dtype).mean()
    return torch.where(inside, spectrogram[other], spectrogram), torch.lerp(target[other], target, kept)
