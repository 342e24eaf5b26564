"""TimePooling: statistics of frames over time."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

Statistic = Literal["mean", "max", "max+mean", "deviation", "attention"]


class Attention(nn.Module):
    """A mean over time with learned weights, ``sum softmax(frames w) frames``; at first the plain mean.

    Source: Lin et al., A Structured Self-attentive Sentence Embedding, 2017, with one linear score a frame.
    """

    def __init__(self, width: int):
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.score.weight)

    def forward(self, frames: Tensor) -> Tensor:
        return (self.score(frames).softmax(dim=1) * frames).sum(dim=1)


class TimePooling(nn.Module):
    """Frames (batch, n_frames, width) of several layers to one vector: every statistic of every layer, in turn.

    "max+mean" is the sum of both, as in BYOL-A; "deviation" is the standard deviation; "attention" a weighted mean.

    Args:
        statistics: names of the statistics.
        widths: width of each layer.

    Raises:
        ValueError: no statistic, or unknown ones.
    """

    def __init__(self, statistics: Sequence[Statistic], widths: Sequence[int]):
        super().__init__()
        if isinstance(statistics, str) or not statistics or not set(statistics) <= {*_STATISTICS, "attention"}:
            raise ValueError(f"pooling: expected a list of {', '.join(_STATISTICS)}, attention; got {statistics!r}")
        self.statistics = list(statistics)
        self.embedding_dim = len(statistics) * sum(widths)
        self.attention = nn.ModuleList(Attention(width) for width in widths if "attention" in statistics)

    def forward(self, layers: Sequence[Tensor]) -> Tensor:
        """Frames of each layer, (batch, n_frames, width), to (batch, embedding_dim)."""
        return torch.cat([pooled for name in self.statistics for pooled in self._each(name, layers)], dim=1)

    def pool_any(self, frames: Tensor) -> Tensor:
        """The same statistics of any frames (batch, n_frames, width), where the weights are equal for attention."""
        names = ("mean" if name == "attention" else name for name in self.statistics)
        return torch.cat([_STATISTICS[name](frames) for name in names], dim=1)

    def _each(self, name: str, layers: Sequence[Tensor]) -> list[Tensor]:
        if name == "attention":
            return [attention(frames) for attention, frames in zip(self.attention, layers, strict=True)]
        return [_STATISTICS[name](frames) for frames in layers]


def _deviation(frames: Tensor) -> Tensor:
    # The slope of a root at 0 is infinite.
    return (frames.var(dim=1, correction=0) + 1e-6).sqrt()


_STATISTICS = {
    "mean": lambda frames: frames.mean(dim=1),
    "max": lambda frames: frames.amax(dim=1),
    "max+mean": lambda frames: frames.amax(dim=1) + frames.mean(dim=1),
    "deviation": _deviation,
}
