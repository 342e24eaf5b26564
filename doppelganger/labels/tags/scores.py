"""Scores of tags, by which a vocabulary is chosen."""

import torch
from torch import Tensor


def tag_scores(df: Tensor, n: int) -> Tensor:
    """Score of each tag: high for a frequent tag that not every clip has.

    score(t) = df(t) * log((n + 1) / (df(t) + 1))

    Args:
        df: number of clips with each tag, int (n_tags,).
        n: number of clips.

    Returns:
        float64 (n_tags,), at least 0.

    Source: Zhou et al., Unlocking Strong Supervision, CVPR 2026, arXiv 2603.25767, the Unified Tag System.
    """
    count = df.to(torch.float64)
    return count * torch.log((n + 1) / (count + 1))
