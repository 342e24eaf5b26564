"""Scores of tags: which of them an encoder can learn most from."""

import torch
from torch import Tensor


def tag_scores(df: Tensor, n: int) -> Tensor:
    """Scores of tags, high for tags of many clips but not of all.

    score(t) = df(t) * log((n + 1) / (df(t) + 1))

    Args:
        df: int (n_tags,), number of clips with each tag.
        n: number of clips.

    Returns:
        float64 (n_tags,), at least 0.

    Source: Zhou et al., Unlocking Strong Supervision: A Data-Centric Study of General-Purpose Audio Pre-Training
    Methods, CVPR 2026, arXiv 2603.25767: the Unified Tag System.
    """
    count = df.to(torch.float64)
    return count * torch.log((n + 1) / (count + 1))
